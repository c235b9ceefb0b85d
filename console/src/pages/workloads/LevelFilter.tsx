import type { Level } from "../../domain/state";
import { useI18n } from "../../i18n/i18n";
import { LevelIcon } from "../../ui/State";
import styles from "./LevelFilter.module.css";

const LEVELS: Level[] = ["bad", "warn", "busy", "ok", "idle"];

/** Buttons with counts; a second click on the chosen one shows all again. */
export function LevelFilter({
  levels,
  chosen,
  onChoose,
}: {
  levels: Level[];
  chosen: string;
  onChoose: (level: string) => void;
}) {
  const { t } = useI18n();
  const counts = new Map<Level, number>();
  for (const level of levels) counts.set(level, (counts.get(level) ?? 0) + 1);
  const offered = LEVELS.filter((level) => counts.has(level) || level === chosen);
  return (
    <div className={styles.levels} role="group" aria-label={t("column.state")}>
      {offered.map((level) => (
        <button
          key={level}
          type="button"
          className={styles.level}
          aria-pressed={level === chosen}
          onClick={() => onChoose(level === chosen ? "" : level)}
        >
          <LevelIcon level={level} size={15} />
          {t(`level.${level}`)}
          <b>{counts.get(level) ?? 0}</b>
        </button>
      ))}
    </div>
  );
}
