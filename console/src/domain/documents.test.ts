import { expect, test } from "vitest";
import { readDocuments } from "./documents";
import { stepsOf } from "./fieldPath";

const TWO = `# a comment
apiVersion: v1
kind: ConfigMap
metadata:
  name: one
  labels:
    app.example/part: a
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: two
spec:
  template:
    spec:
      containers:
        - name: main
          image: shop:1
        - name: side
          image: ""
`;

test("field paths in steps", () => {
  expect(stepsOf("spec.containers[1].image")).toEqual(["spec", "containers", 1, "image"]);
  expect(stepsOf("metadata.labels[app.example/part]")).toEqual(["metadata", "labels", "app.example/part"]);
});

test("every document is read, and fields are found on their lines", () => {
  const { documents, problems } = readDocuments(TWO);
  expect(problems).toEqual([]);
  expect(documents.map((one) => one.value.metadata.name)).toEqual(["one", "two"]);
  expect(documents[0]?.lineOf("metadata.labels[app.example/part]")).toBe(7);
  expect(documents[1]?.lineOf("spec.template.spec.containers[1].image")).toBe(20);
  expect(documents[1]?.lineOf("spec.replicas")).toBe(13);
});

test("what is missing is named", () => {
  expect(readDocuments("kind: Pod").problems).toEqual([{ line: 1, missing: "apiVersion" }]);
  expect(readDocuments("apiVersion: v1\nkind: Pod").problems).toEqual([{ line: 1, missing: "metadata.name" }]);
  expect(readDocuments("just words").problems).toEqual([{ line: 1, missing: "apiVersion" }]);
});

test("bad YAML is a problem on its line; empty documents are nothing", () => {
  expect(readDocuments("a: 1\nb: 2\na: 3\n").problems.map((one) => one.line)).toEqual([3]);
  expect(readDocuments("---\n---\n# only words\n")).toEqual({ documents: [], problems: [] });
});
