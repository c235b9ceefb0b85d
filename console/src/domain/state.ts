// What is said about anything that can be well or unwell.
import type { Text } from "../i18n/texts";

/** ok: as wished. busy: on its way. warn: works, but look. bad: needs somebody. idle: nothing is wished. */
export type Level = "ok" | "busy" | "warn" | "bad" | "idle";

/** Where the way out of a trouble is found in the console. */
export type Way = "logs" | "image" | "rollback" | "hosts" | "events";

export interface State {
  level: Level;
  /** One word or two, for a badge. */
  word: Text;
  /** A plain sentence, when the word does not say it all. */
  what?: Text;
  /** What to do about it. */
  advice?: Text;
  /** What the platform itself said, in its own words. */
  said?: string;
  way?: Way;
}

const ORDER: Level[] = ["bad", "warn", "busy", "ok", "idle"];

/** Sorts the worst first. */
export function compareLevels(a: Level, b: Level): number {
  return ORDER.indexOf(a) - ORDER.indexOf(b);
}
