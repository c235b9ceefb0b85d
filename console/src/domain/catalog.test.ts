import { expect, test } from "vitest";
import {
  errorsByVariable,
  firstAnswers,
  isShown,
  type Question,
  type Release,
  releaseState,
  valuesOf,
} from "./catalog";
import { metadata } from "./samples";

const questions: Question[] = [
  { variable: "replicas", type: "int", default: "2" },
  { variable: "storage.keep", type: "boolean", default: "true" },
  { variable: "storage.size", type: "string", default: "1Gi", showIf: "storage.keep=true" },
  { variable: "host", type: "string" },
];

test.each([
  ["", true],
  ["a=true", true],
  ["a!=true", false],
  ["a=true&&b=x", false],
  ["a=no||b='y'", true],
  ["a", true],
  ["b", false],
])("the condition %s holds: %s", (condition, expected) => {
  expect(isShown(condition, { a: "true", b: "y" })).toBe(expected);
});

test("answers of a chart stand at their paths, with their types", () => {
  const answers = { ...firstAnswers(questions), host: "shop.localhost" };
  expect(valuesOf("chart", questions, answers, { own: 1 })).toEqual({
    own: 1,
    replicas: 2,
    storage: { keep: true, size: "1Gi" },
    host: "shop.localhost",
  });
});

test("a question that is hidden is not answered, and an empty answer is none", () => {
  const before = { storage: { keep: true, size: "9Gi" }, host: "old" };
  const answers = { ...firstAnswers(questions, before), "storage.keep": "false", host: "" };
  expect(valuesOf("chart", questions, answers, before)).toEqual({ replicas: 2, storage: { keep: false } });
});

test("a form begins with what the release has", () => {
  expect(firstAnswers(questions, { replicas: 5, storage: { keep: false } })).toEqual({
    replicas: "5",
    "storage.keep": "false",
    "storage.size": "1Gi",
    host: "",
  });
});

test("answers of a compose template are texts by variable", () => {
  expect(valuesOf("compose", questions, firstAnswers(questions))).toEqual({
    replicas: "2",
    "storage.keep": "true",
    "storage.size": "1Gi",
  });
});

test("what the server finds stands at its question", () => {
  const errors = ["replicas: must be at least 1, got 0", "the chart is broken"];
  expect(errorsByVariable(errors, questions)).toEqual({
    replicas: "must be at least 1, got 0",
    "": "the chart is broken",
  });
});

test("a release that was just changed is at work whatever was said before", () => {
  const conditions = [{ type: "Ready", status: "True" as const, observedGeneration: 1 }];
  const release: Release = {
    metadata: metadata("x", { generation: 2 }),
    spec: {},
    status: { phase: "Deployed", conditions },
  };
  expect(releaseState(release).level).toBe("busy");
  expect(releaseState({ ...release, metadata: metadata("x") }).level).toBe("ok");
});
