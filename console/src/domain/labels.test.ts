import { expect, test } from "vitest";
import { labelLines, labelPatch, readLabels } from "./labels";

test("lines become labels and labels the same lines", () => {
  const labels = { disk: "ssd", "team.example/owner": "shop", empty: "" };
  expect(readLabels(labelLines(labels)).labels).toEqual(labels);
});

test("a line without a name is pointed at", () => {
  expect(readLabels("a=b\n\n=c").wrongLine).toBe(3);
  expect(readLabels("nothing").wrongLine).toBe(1);
});

test("the patch removes what is gone", () => {
  expect(labelPatch({ a: "1", b: "2" }, { b: "3" })).toEqual({ a: null, b: "3" });
});
