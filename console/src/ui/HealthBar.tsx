// How many of the wished-for pods serve: a dot each while they can be counted, a bar beyond.
import type { Health } from "../domain/workloads";
import { useI18n } from "../i18n/i18n";
import styles from "./HealthBar.module.css";

const MOST_DOTS = 10;

export function HealthBar({ health, isBad = false }: { health: Health; isBad?: boolean }) {
  const { t } = useI18n();
  const { ready, desired, present } = health;
  const label = t("health.label", { ready, desired });
  const starting = Math.max(0, Math.min(present, desired) - ready);
  return (
    <span className={styles.health} role="img" aria-label={label} title={label}>
      {desired === 0 && present === 0 ? null : Math.max(desired, present) <= MOST_DOTS ? (
        <Dots ready={ready} starting={starting} desired={desired} isBad={isBad} />
      ) : (
        <span className={styles.bar}>
          <span className={styles.ready} style={{ width: percent(ready, desired) }} />
          <span className={isBad ? styles.bad : styles.starting} style={{ width: percent(starting, desired) }} />
        </span>
      )}
      <span className={styles.number} aria-hidden>
        {ready}/{desired}
      </span>
    </span>
  );
}

function Dots({
  ready,
  starting,
  desired,
  isBad,
}: {
  ready: number;
  starting: number;
  desired: number;
  isBad: boolean;
}) {
  const kinds = Array.from({ length: Math.max(desired, ready) }, (_, index) => {
    if (index < ready) return styles.ready;
    if (index < ready + starting) return isBad ? styles.bad : styles.starting;
    return styles.missing;
  });
  return (
    <span className={styles.dots}>
      {kinds.map((kind, index) => (
        <span key={index} className={`${styles.dot} ${kind}`} />
      ))}
    </span>
  );
}

function percent(part: number, whole: number): string {
  return `${whole ? Math.min(100, (100 * part) / whole) : 0}%`;
}
