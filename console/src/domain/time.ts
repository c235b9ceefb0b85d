// Ages and moments, in the reader's language.

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 365],
];

/** How long ago something was: `5 minutes ago`. Times are milliseconds. */
export function ago(then: number, now: number, locale: string): string {
  const [amount, unit] = inUnits(Math.max(0, (now - then) / 1000));
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }).format(-amount, unit);
}

/** How long something has been there: `5 min`, `3 h`, `12 d`. Times are milliseconds. */
export function age(then: number, now: number, locale: string): string {
  const [amount, unit] = inUnits(Math.max(0, (now - then) / 1000));
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short" }).format(amount);
}

function inUnits(seconds: number): [number, string & Intl.RelativeTimeFormatUnit] {
  let amount = seconds;
  for (const [unit, size] of STEPS) {
    if (amount < size) return [Math.floor(amount), unit];
    amount /= size;
  }
  return [Math.floor(amount), "year"];
}
