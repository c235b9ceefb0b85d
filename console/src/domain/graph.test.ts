import { expect, test } from "vitest";
import { layout } from "./graph";

const columnsOf = (names: string[], pairs: [string, string][]) =>
  Object.fromEntries(
    layout(
      names,
      pairs.map(([from, to]) => ({ from, to })),
    ).nodes.map(({ name, column }) => [name, column]),
  );

test("what is needed stands behind everything that needs it", () => {
  const columns = columnsOf(
    ["web", "api", "db", "mail"],
    [
      ["web", "api"],
      ["api", "db"],
      ["web", "db"],
      ["api", "mail"],
    ],
  );
  expect(columns).toEqual({ web: 0, api: 1, db: 2, mail: 2 });
});

test("a circle does not hang", () => {
  const columns = columnsOf(
    ["a", "b", "c"],
    [
      ["a", "b"],
      ["b", "c"],
      ["c", "a"],
    ],
  );
  expect(Object.keys(columns).sort()).toEqual(["a", "b", "c"]);
});

test("no two nodes share a place, and lines to strangers are left out", () => {
  const names = Array.from({ length: 30 }, (_, index) => `n${index}`);
  const edges = names.slice(1).map((to, index) => ({ from: names[Math.floor(index / 3)] ?? "", to }));
  const { nodes } = layout(names, [...edges, { from: "n1", to: "elsewhere" }]);
  expect(new Set(nodes.map(({ column, row }) => `${column}/${row}`)).size).toBe(30);
});
