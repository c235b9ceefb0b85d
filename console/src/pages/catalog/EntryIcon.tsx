import type { CatalogEntry } from "../../domain/catalog";
import styles from "./Catalog.module.css";

/** The entry's own picture, or its first letter in a colour that its name decides. */
export function EntryIcon({ entry: { spec }, size }: { entry: CatalogEntry; size: number }) {
  if (spec.icon?.startsWith("data:image/"))
    return <img src={spec.icon} alt="" width={size} height={size} className={styles.icon} />;
  const hue = [...spec.name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  return (
    <span
      className={styles.letter}
      style={{ width: size, height: size, background: `hsl(${hue} 42% 32%)` }}
      aria-hidden
    >
      {spec.name.slice(0, 1).toUpperCase()}
    </span>
  );
}
