import { expect, test } from "vitest";
import { barsOf, isOver, lastMonths, money, monthRange, OTHERS, type Report } from "./costs";

const report = (amounts: Record<string, string>, total: string): Report => ({
  currency: "EUR",
  lines: Object.entries(amounts).map(([key, amount]) => ({ key, amount })),
  total,
});

test("months end with the present one, over the turn of the year", () => {
  expect(lastMonths(new Date("2026-02-15T12:00:00Z"), 4)).toEqual(["2025-11", "2025-12", "2026-01", "2026-02"]);
  expect(monthRange("2026-02")).toEqual({ from: 1769904000, to: 1772323200 });
  expect(isOver("2026-01", new Date("2026-02-01T00:00:00Z"))).toBe(true);
  expect(isOver("2026-02", new Date("2026-02-28T00:00:00Z"))).toBe(false);
});

test("bars share one scale, and what is small stands together", () => {
  const months = [
    { month: "2026-01", report: report({ shop: "30", wiki: "10", blog: "6", mail: "4" }, "50") },
    { month: "2026-02", report: report({ shop: "20", blog: "5" }, "25") },
  ];
  const { bars, keys } = barsOf(months, 2);
  expect(keys).toEqual(["shop", "blog", OTHERS]);
  expect(bars[0]?.parts.map(({ key, share }) => [key, share])).toEqual([
    ["shop", 0.6],
    ["blog", 0.12],
    [OTHERS, 0.28],
  ]);
  expect(bars[1]?.parts.map(({ key }) => key)).toEqual(["shop", "blog"]);
});

test("nothing costs nothing", () => {
  expect(barsOf([{ month: "2026-01", report: report({}, "0") }], 3)).toEqual({
    bars: [{ month: "2026-01", total: "0", parts: [] }],
    keys: [],
  });
});

test("small amounts keep their digits", () => {
  expect(money("0.0123", "EUR", "en")).toBe("€0.0123");
  expect(money("1234.5", "EUR", "fr").replaceAll(/\s/g, " ")).toBe("1 234,50 €");
});
