import { expect, test } from "vitest";
import { metadata } from "./samples";
import { cancelRevision, placeOf, restored, revisionsOf, type Stack, stackHealth, stackState } from "./stacks";

const ready = (status: "True" | "False", reason: string, message = "said") => [
  { type: "Ready", status, reason, message },
];
const stack = (status: Stack["status"], spec: Partial<Stack["spec"]> = {}): Stack => ({
  metadata: metadata("shop"),
  spec: { compose: "services: {}", ...spec },
  status: { observedGeneration: 1, ...status },
});

test.each([
  ["True", "Complete", "ok"],
  ["False", "Refused", "bad"],
  ["False", "ServiceFailed", "bad"],
  ["False", "Paused", "warn"],
  ["False", "Progressing", "busy"],
] as const)("a stack that is %s for %s is %s", (status, reason, level) => {
  expect(stackState(stack({ conditions: ready(status, reason) })).level).toBe(level);
});

test("what was said before the newest change does not count", () => {
  const old = stack({ observedGeneration: 0, conditions: ready("True", "Complete") });
  expect(stackState(old).level).toBe("busy");
});

test("an upgrade that is not complete can be given up", () => {
  expect(cancelRevision(stack({ revision: 3, goodRevision: 2 }))).toBe(2);
  expect(cancelRevision(stack({ revision: 3, goodRevision: 3 }))).toBeUndefined();
  expect(cancelRevision(stack({ revision: 1 }))).toBeUndefined();
});

test("services that have ended well count as ready", () => {
  const service = { kind: "Job", message: "", ready: 0, desired: 1 };
  const services = [
    { ...service, name: "a", state: "ended" },
    { ...service, name: "b", state: "upgrading" },
  ];
  expect(stackHealth(stack({ services }))).toEqual({ ready: 1, updated: 1, desired: 2, present: 2 });
});

test("revisions are read from their secrets, newest first, and bring their content back", () => {
  const secret = (number: number, compose: string) => ({
    metadata: metadata(`shop-revision-${number}`, {
      labels: { "stacks.bouvier.io/stack": "shop" },
      annotations: { "stacks.bouvier.io/revision": String(number) },
    }),
    type: "stacks.bouvier.io/revision",
    data: { spec: btoa(unescape(encodeURIComponent(JSON.stringify({ compose })))) },
  });
  const now = stack({}, { paused: true, revisionHistoryLimit: 5 });
  const found = revisionsOf(now, [secret(1, "été"), secret(2, "two"), { metadata: metadata("other"), type: "Opaque" }]);
  expect(found.map(({ number }) => number)).toEqual([2, 1]);
  expect(restored(now, found[1]!)).toEqual({ compose: "été", revisionHistoryLimit: 5 });
});

test("places are read", () => {
  expect(placeOf("docker-compose.yml:4:15")).toEqual({ file: "docker-compose.yml", line: 4, column: 15 });
  expect(placeOf("compose")).toBeUndefined();
});
