import { expect, test } from "vitest";
import { type Build, buildsOf, buildState, seconds, webhooksOf } from "./builds";
import { metadata } from "./samples";

const build = (number: number, status: Build["status"] = {}): Build => ({
  metadata: metadata(`app-${number}`, {
    labels: { "openshift.io/build-config.name": "app" },
    annotations: { "openshift.io/build.number": String(number) },
  }),
  status,
});

test("the newest build comes first, by number and not by name", () => {
  expect(buildsOf("app", [build(2), build(10), build(9)]).map(({ metadata: { name } }) => name)).toEqual([
    "app-10",
    "app-9",
    "app-2",
  ]);
  expect(buildsOf("other", [build(1)])).toEqual([]);
});

test("a failed build says why", () => {
  const state = buildState(build(1, { phase: "Failed", reason: "PostCommitHookFailed", message: "tests failed" }));
  expect(state).toMatchObject({ level: "bad", said: "PostCommitHookFailed: tests failed" });
  expect(buildState(build(1, { phase: "Complete" })).level).toBe("ok");
  expect(buildState(build(1)).level).toBe("busy");
});

test("a build that runs takes as long as it has", () => {
  const start = "2026-01-01T00:00:00Z";
  expect(seconds(build(1, { startTimestamp: start }), Date.parse(start) + 4000)).toBe(4);
  expect(seconds(build(1, { startTimestamp: start, completionTimestamp: "2026-01-01T00:01:00Z" }), 0)).toBe(60);
  expect(seconds(build(1), 0)).toBeUndefined();
});

test("hooks are named with the secret that they need", () => {
  const triggers = [
    { type: "GitHub", github: { secretReference: { name: "app-hooks" } } },
    { type: "ConfigChange" },
    { type: "Generic", generic: { secret: "s3cret" } },
  ];
  expect(webhooksOf({ metadata: metadata("app"), spec: { triggers } })).toEqual([
    { kind: "github", secretName: "app-hooks", secret: undefined },
    { kind: "generic", secretName: "", secret: "s3cret" },
  ]);
});
