// Kubernetes quantities ("250m", "1.5Gi", "2e3") as numbers, and numbers in words.

const FACTORS: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const PATTERN = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** The quantity as a number; NaN when it is none. */
export function quantity(written: string | undefined): number {
  const match = PATTERN.exec(written ?? "");
  if (!match) return Number.NaN;
  const [, digits, exponent, suffix] = match;
  return exponent ? Number(`${digits}e${exponent}`) : Number(digits) * (FACTORS[suffix ?? ""] ?? Number.NaN);
}

/** Bytes with a binary unit: `23.4 GiB`. */
export function bytes(amount: number, locale: string): string {
  if (!Number.isFinite(amount)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  const step = amount < 1 ? 0 : Math.min(Math.floor(Math.log2(amount) / 10), units.length - 1);
  const scaled = amount / 2 ** (10 * step);
  const digits = scaled >= 100 || step === 0 ? 0 : 1;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(scaled)}\u202f${units[step]}`;
}
