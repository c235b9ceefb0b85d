// Labels as people type them: `NAME=VALUE`, one a line.

/** Labels as lines, in order. */
export function labelLines(labels: Record<string, string> | undefined): string {
  return Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}

export interface LabelReading {
  labels: Record<string, string>;
  /** The first line that is none, counted from 1. */
  wrongLine?: number;
}

export function readLabels(lines: string): LabelReading {
  const labels: Record<string, string> = {};
  for (const [index, line] of lines.split("\n").entries()) {
    const written = line.trim();
    if (!written) continue;
    const equals = written.indexOf("=");
    if (equals < 1) return { labels, wrongLine: index + 1 };
    labels[written.slice(0, equals).trim()] = written.slice(equals + 1).trim();
  }
  return { labels };
}

/** A merge patch from the old labels to the new: what is gone is null. */
export function labelPatch(before: Record<string, string> = {}, after: Record<string, string>) {
  const gone = Object.keys(before).filter((name) => !(name in after));
  return { ...after, ...Object.fromEntries(gone.map((name) => [name, null])) };
}
