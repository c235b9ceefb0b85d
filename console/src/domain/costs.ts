// Cost reports: amounts are decimal texts and are only shown, never added up here, except for the height of bars.
import type { Condition, Obj } from "./objects";

export interface ReportLine {
  key: string;
  amount: string;
  parts?: Record<string, string>;
}

export interface Report {
  currency: string;
  lines: ReportLine[];
  total: string;
}

export interface Price {
  from: string;
  to?: string;
  cpuHour: string;
  memoryGiBHour: string;
  storageGiBHour?: string;
  trafficGiB?: string;
}

export interface PriceList extends Obj {
  spec: { currency: string; prices: Price[] };
}

export interface Invoice extends Obj {
  spec: { project: string; month: string; currency: string; lines: ReportLine[]; total: string; issued?: string };
}

export interface Budget extends Obj {
  spec: { amount: string; period?: string; scope: { namespace?: string; label?: string; cluster?: boolean } };
  status?: { currency?: string; spent?: string; forecast?: string; percent?: number; conditions?: Condition[] };
}

/** The months up to that of `now`, oldest first, as `2026-11`. */
export function lastMonths(now: Date, count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - (count - 1 - index), 1));
    return first.toISOString().slice(0, 7);
  });
}

/** Beginning and end of a month in seconds since 1970. */
export function monthRange(month: string): { from: number; to: number } {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return { from: Date.UTC(year, number - 1, 1) / 1000, to: Date.UTC(year, number, 1) / 1000 };
}

export const isOver = (month: string, now: Date): boolean => monthRange(month).to * 1000 <= now.getTime();

export interface Bar {
  month: string;
  total: string;
  parts: { key: string; share: number; amount: string }[];
}

/** What stays when the largest have a colour of their own. */
export const OTHERS = "…";

/** Bars of equal scale: the largest keys over all months apart, the rest together. Shares are of the largest month. */
export function barsOf(
  months: readonly { month: string; report: Report }[],
  most: number,
): { bars: Bar[]; keys: string[] } {
  const sums = new Map<string, number>();
  for (const { report } of months)
    for (const { key, amount } of report.lines) sums.set(key, (sums.get(key) ?? 0) + Number(amount));
  const byCost = [...sums].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  const apart = byCost.slice(0, most);
  const highest = Math.max(0, ...months.map(({ report }) => Number(report.total)));
  const bars = months.map(({ month, report }) => ({
    month,
    total: report.total,
    parts: partsOf(report, apart, highest),
  }));
  return { bars, keys: byCost.length > most ? [...apart, OTHERS] : apart };
}

function partsOf({ lines }: Report, apart: readonly string[], highest: number): Bar["parts"] {
  const own = apart.flatMap((key) => lines.find((line) => line.key === key) ?? []);
  const rest = lines.filter((line) => !apart.includes(line.key)).reduce((sum, line) => sum + Number(line.amount), 0);
  const all = rest > 0 ? [...own, { key: OTHERS, amount: rest.toFixed(2) }] : own;
  return all.map(({ key, amount }) => ({ key, amount, share: highest ? Number(amount) / highest : 0 }));
}

const IDLE = "(idle)";
const UNNAMED = "(none)";

/** A report's key in words: two of them are no names. */
export function keyText(key: string, idle: string, unnamed: string): string {
  if (key === IDLE) return idle;
  return key === UNNAMED ? unnamed : key;
}

/** A decimal text with its currency, as the language writes it. */
export function money(amount: string, currency: string, locale: string): string {
  const digits = Math.abs(Number(amount)) < 1 ? 4 : 2;
  return new Intl.NumberFormat(locale, { style: "currency", currency, maximumFractionDigits: digits }).format(
    Number(amount),
  );
}
