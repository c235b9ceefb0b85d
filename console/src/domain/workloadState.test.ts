import { expect, test } from "vitest";
import type { Pod, WorkloadObject } from "./objects";
import { container, deployment, pod } from "./samples";
import { healthOf, podSelector } from "./workloads";
import { workloadState } from "./workloadState";

const stateOf = (obj: WorkloadObject, pods: Pod[] = []) => workloadState({ kind: "Deployment", obj }, pods);
const COMPLETE = { replicas: 3, updatedReplicas: 3, readyReplicas: 3 };

test("a complete deployment runs, and its pods are not asked", () => {
  const crashed = pod({ phase: "Failed" });
  expect(stateOf(deployment(COMPLETE), [crashed])).toMatchObject({ level: "ok", word: { key: "state.running" } });
});

test("a wish that the controller has not seen is on its way", () => {
  expect(stateOf(deployment({ ...COMPLETE, observedGeneration: 0 })).level).toBe("busy");
});

test("an upgrade tells how far it is", () => {
  const state = stateOf(deployment({ replicas: 4, updatedReplicas: 1, readyReplicas: 3 }));
  expect(state).toMatchObject({
    level: "busy",
    what: { key: "workload.upgrading", values: { updated: 1, desired: 3 } },
  });
});

test("a crashing pod says more than the deployment knows", () => {
  const waiting = { reason: "CrashLoopBackOff" };
  const crashing = pod({ phase: "Running", containerStatuses: [container({ state: { waiting }, restartCount: 2 })] });
  const state = stateOf(deployment({ replicas: 3, updatedReplicas: 3, readyReplicas: 2 }), [crashing]);
  expect(state).toMatchObject({ level: "bad", word: { key: "state.crashing" }, way: "logs" });
});

test("pods that are being deleted do not count", () => {
  const old = pod({ phase: "Failed" }, { deleted: true });
  expect(stateOf(deployment({ replicas: 3, updatedReplicas: 3, readyReplicas: 2 }), [old]).level).toBe("busy");
});

test("a passed deadline leads to the rollback", () => {
  const conditions = [{ type: "Progressing", status: "False" as const, reason: "ProgressDeadlineExceeded" }];
  expect(stateOf(deployment({ replicas: 3, updatedReplicas: 1, conditions }))).toMatchObject({
    level: "bad",
    way: "rollback",
  });
});

test("pods that may not be created are refused, in the server's words", () => {
  const conditions = [{ type: "ReplicaFailure", status: "True" as const, message: "exceeded quota" }];
  expect(stateOf(deployment({ conditions }))).toMatchObject({ level: "bad", said: "exceeded quota" });
});

test("nothing wished for and nothing there is off", () => {
  expect(stateOf(deployment({ replicas: 0 }, { replicas: 0 }))).toMatchObject({
    level: "idle",
    word: { key: "state.off" },
  });
});

test("surplus pods are on their way out", () => {
  expect(stateOf(deployment({ replicas: 5, updatedReplicas: 3, readyReplicas: 5 })).what?.values).toEqual({ count: 2 });
});

test("a paused rollout is worth a look", () => {
  expect(stateOf(deployment({ replicas: 3, updatedReplicas: 1 }, { paused: true })).level).toBe("warn");
});

test("jobs are done, failed or working", () => {
  const job = (type: string): WorkloadObject =>
    deployment({ conditions: [{ type, status: "True" }], succeeded: 1 }, { completions: 2 });
  expect(workloadState({ kind: "Job", obj: job("Complete") }).word.key).toBe("state.done");
  expect(workloadState({ kind: "Job", obj: job("Failed") }).level).toBe("bad");
  expect(workloadState({ kind: "Job", obj: job("Other") }).level).toBe("busy");
  expect(healthOf({ kind: "Job", obj: job("Other") })).toMatchObject({ desired: 2, ready: 1 });
});

test("a daemon set counts hosts", () => {
  const obj = deployment({ desiredNumberScheduled: 4, numberReady: 3, updatedNumberScheduled: 4 });
  expect(healthOf({ kind: "DaemonSet", obj })).toEqual({ desired: 4, ready: 3, updated: 4, present: 4 });
});

test("selectors are written as the API's query wants them", () => {
  const matchExpressions = [
    { key: "tier", operator: "In" as const, values: ["a", "b"] },
    { key: "old", operator: "DoesNotExist" as const },
  ];
  const obj = deployment({}, { selector: { matchLabels: { app: "shop" }, matchExpressions } });
  expect(podSelector({ kind: "Deployment", obj })).toBe("app=shop,tier in (a,b),!old");
});
