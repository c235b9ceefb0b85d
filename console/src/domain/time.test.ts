import { expect, test } from "vitest";
import { age, ago } from "./time";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const before = (seconds: number) => NOW - seconds * 1000;

test("ages in the largest whole unit", () => {
  expect([5, 90, 7300, 200_000].map((seconds) => age(before(seconds), NOW, "en"))).toEqual([
    "5 sec",
    "1 min",
    "2 hr",
    "2 days",
  ]);
  expect(age(before(-3), NOW, "en")).toBe("0 sec");
});

test("moments in words of the reader's language", () => {
  expect(ago(before(180), NOW, "en")).toBe("3 min. ago");
  expect(ago(before(180), NOW, "fr")).toBe("il y a 3\u00a0min");
});
