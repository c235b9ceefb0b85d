import { useI18n } from "../../i18n/i18n";
import styles from "./Stacks.module.css";

/** Keys of the files that have no effect here, or less than elsewhere, each with its reason. */
export function IgnoredKeys({ ignored }: { ignored: readonly { path: string; reason: string }[] }) {
  const { t } = useI18n();
  return (
    <section aria-label={t("stacks.ignored")}>
      <p className={styles.lead}>{t("stacks.ignoredLead")}</p>
      <dl className={styles.ignored}>
        {ignored.map(({ path, reason }) => (
          <div key={path + reason}>
            <dt>{path}</dt>
            <dd>{reason}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
