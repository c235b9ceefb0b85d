import { expect, test } from "vitest";
import { BLOCK_LINES, LogBuffer } from "./buffer";

const many = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

test("lines come out as they went in, without terminal colours", () => {
  const buffer = new LogBuffer();
  buffer.add(["\u001b[31mred\u001b[0m", "plain"]);
  expect(buffer.text()).toBe("red\nplain");
});

test("the oldest lines leave in whole blocks; the newest stay", () => {
  const buffer = new LogBuffer();
  buffer.add(many(100_000));
  const lines = buffer.text().split("\n");
  expect(lines.length).toBeLessThanOrEqual(50_000);
  expect(lines.length % BLOCK_LINES).toBe(0);
  expect(lines.at(-1)).toBe("line 99999");
});

test("a cleared buffer does not use block numbers again", () => {
  const buffer = new LogBuffer();
  buffer.add(many(3));
  const before = buffer.all()[0]?.number ?? 0;
  buffer.clear();
  expect(buffer.all()).toEqual([{ number: before + 1, lines: [] }]);
});
