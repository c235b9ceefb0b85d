// How something does: a coloured badge, and the sentence behind it.
import type { ReactNode } from "react";
import type { Level, State } from "../domain/state";
import { useI18n } from "../i18n/i18n";
import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle, TriangleAlert } from "./icons";
import styles from "./State.module.css";

const ICONS = { ok: CircleCheck, busy: LoaderCircle, warn: TriangleAlert, bad: CircleAlert, idle: CircleDashed };

export function LevelIcon({ level, size = 16 }: { level: Level; size?: number }) {
  const Icon = ICONS[level];
  return (
    <Icon
      size={size}
      aria-hidden
      className={`${styles.icon} ${styles[level]} ${level === "busy" ? styles.turning : ""}`}
    />
  );
}

export function StateBadge({ state }: { state: State }) {
  const { say } = useI18n();
  return (
    <span className={`${styles.badge} ${styles[`${state.level}Wash`]}`} data-level={state.level}>
      <LevelIcon level={state.level} size={14} />
      {say(state.word)}
    </span>
  );
}

/** The sentence, what to do, what the platform said; nothing when the badge says it all. */
export function StateSentence({ state, way }: { state: State; way?: ReactNode }) {
  const { say } = useI18n();
  if (!state.what) return null;
  return (
    <div className={styles.sentence} data-level={state.level}>
      <strong>{say(state.what)}</strong> {state.advice && <span>{say(state.advice)}</span>} {way}
      {state.said && <div className={styles.said}>{state.said}</div>}
    </div>
  );
}
