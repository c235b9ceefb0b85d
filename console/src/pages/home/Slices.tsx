import { Link } from "@tanstack/react-router";
import type { Level } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import styles from "./Home.module.css";

const ORDER: Level[] = ["ok", "busy", "warn", "bad", "idle"];

/** A bar of levels; under it each level's number leads to the list of those. */
export function Slices({
  levels,
  to,
  words,
}: {
  levels: Level[];
  to: "/workloads" | "/pods" | "/hosts";
  words?: string;
}) {
  const { t } = useI18n();
  const counts = ORDER.map((level) => ({ level, count: levels.filter((one) => one === level).length })).filter(
    (one) => one.count,
  );
  return (
    <>
      <div className={styles.slices} aria-hidden>
        {counts.map(({ level, count }) => (
          <span key={level} style={{ flexGrow: count, background: `var(--${level})` }} />
        ))}
      </div>
      {words ? (
        <div className={styles.dim}>{words}</div>
      ) : (
        <div className={styles.counts}>
          {counts.map(({ level, count }) => (
            <Link key={level} to={to} search={{ state: level }} className={styles.count}>
              <i style={{ background: `var(--${level})` }} aria-hidden />
              {count} {t(`level.${level}`)}
            </Link>
          ))}
        </div>
      )}
    </>
  );
}
