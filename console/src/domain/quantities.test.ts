import { describe, expect, test } from "vitest";
import { bytes, quantity } from "./quantities";

describe("quantity", () => {
  test.each([
    ["250m", 0.25],
    ["2", 2],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["16384Ki", 2 ** 24],
    ["2e3", 2000],
    ["1E", 1e18],
    ["-3k", -3000],
    [".5", 0.5],
  ])("%s is %d", (written, meant) => expect(quantity(written)).toBeCloseTo(meant, 6));

  test.each(["", "abc", "1 Gi", "1gi", undefined])("%s is no quantity", (written) =>
    expect(quantity(written)).toBeNaN(),
  );
});

test("bytes are written with a binary unit in the reader's way", () => {
  expect(bytes(16 * 2 ** 30, "en")).toBe("16\u202fGiB");
  expect(bytes(1.5 * 2 ** 20, "fr")).toBe("1,5\u202fMiB");
  expect(bytes(0, "en")).toBe("0\u202fB");
  expect(bytes(Number.NaN, "en")).toBe("–");
});
