import styles from "./Images.module.css";

/** Images with what matters in bold: the name and the tag, not the registry. */
export function Images({ images }: { images: readonly string[] }) {
  return (
    <span className={styles.images}>
      {[...new Set(images)].map((image) => (
        <Image key={image} image={image} />
      ))}
    </span>
  );
}

function Image({ image }: { image: string }) {
  const slash = image.lastIndexOf("/");
  return (
    <span className={styles.image} title={image}>
      <span className={styles.registry}>{image.slice(0, slash + 1)}</span>
      <span className={styles.name}>{image.slice(slash + 1)}</span>
    </span>
  );
}
