import { Link } from "@tanstack/react-router";
import type { Level } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import styles from "./Home.module.css";

const ORDER: Level[] = ["ok", "busy", "warn", "bad", "idle"];

/** A bar of levels; under it each level's number leads to the list of those. */
interface SlicesProps {
  levels: Level[];
  to: "/workloads" | "/pods" | "/hosts";
  /** What is said instead of counts while there is one level only. */
  words?: string;
}

export function Slices({ levels, to, words }: SlicesProps) {
  const { t } = useI18n();
  const counts = ORDER.map((level) => ({ level, count: levels.filter((one) => one === level).length })).filter(
    (one) => one.count,
  );
  const isLinked = to !== "/pods" && counts.length > 1;
  return (
    <>
      <div className={styles.slices} aria-hidden>
        {counts.map(({ level, count }) => (
          <span key={level} style={{ flexGrow: count, background: `var(--${level})` }} />
        ))}
      </div>
      {words && <div className={styles.dim}>{words}</div>}
      {(!words || isLinked) && (
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
