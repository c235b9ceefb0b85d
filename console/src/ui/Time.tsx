// Times that grow old before the reader's eyes; the exact moment is in the title.
import { useSyncExternalStore } from "react";
import { age, ago } from "../domain/time";
import { useI18n } from "../i18n/i18n";

const EVERY_MS = 10_000;
const readers = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function follow(reader: () => void): () => void {
  readers.add(reader);
  if (!timer) {
    now = Date.now();
    timer = setInterval(tick, EVERY_MS);
  }
  return () => {
    readers.delete(reader);
    if (readers.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  now = Date.now();
  for (const reader of readers) reader();
}

function useNow(): number {
  return useSyncExternalStore(follow, () => now);
}

export function Age({ since }: { since: string }) {
  return <Moment then={Date.parse(since)} words={age} />;
}

export function Ago({ then }: { then: number }) {
  return <Moment then={then} words={ago} />;
}

function Moment({ then, words }: { then: number; words: typeof age }) {
  const { language } = useI18n();
  const present = useNow();
  if (!Number.isFinite(then)) return <span>–</span>;
  const exact = new Date(then);
  return (
    <time dateTime={exact.toISOString()} title={exact.toLocaleString(language)} style={{ whiteSpace: "nowrap" }}>
      {words(then, present, language)}
    </time>
  );
}
