import { expect, test } from "vitest";
import { deployment, replicaSet } from "./samples";
import { ownedSets, progressOf, progressState, REVISION, revisionsOf, rollbackPatch } from "./rollout";

const OLD = replicaSet(1, "shop:1", { replicas: 2, readyReplicas: 2 });
const NEW = replicaSet(2, "shop:2", { replicas: 2, readyReplicas: 1 });

test("revisions stand newest first, with what going back changes", () => {
  const [current, before] = revisionsOf(deployment({}), [OLD, NEW]);
  expect(current).toMatchObject({ number: 2, isCurrent: true, changes: [] });
  expect(before).toMatchObject({ number: 1, isCurrent: false, cause: "to shop:1", changesMore: false });
  expect(before?.changes).toEqual([{ container: "main", from: "shop:2", to: "shop:1" }]);
});

test("replica sets of another deployment are no revisions", () => {
  const other = { ...OLD, metadata: { ...OLD.metadata, ownerReferences: [] } };
  expect(ownedSets(deployment({}), [other, NEW])).toEqual([NEW]);
});

test("a revision that differs in more than images says so", () => {
  const restarted = replicaSet(1, "shop:2");
  restarted.spec.template.metadata = {
    ...restarted.spec.template.metadata,
    annotations: { "kubectl.kubernetes.io/restartedAt": "now" },
  };
  const before = revisionsOf(deployment({}), [restarted]).at(-1);
  expect(before).toMatchObject({ isCurrent: false, changes: [], changesMore: true });
});

test("containers that came or went are changes too", () => {
  const two = replicaSet(1, "shop:2");
  two.spec.template.spec.containers.push({ name: "proxy", image: "proxy:1" });
  expect(revisionsOf(deployment({}), [two])[0]?.changes).toEqual([{ container: "proxy", from: "", to: "proxy:1" }]);
});

test("the order of keys makes no difference", () => {
  const set = replicaSet(2, "shop:2");
  set.spec.template.spec.containers = [{ image: "shop:2", name: "main" }];
  expect(revisionsOf(deployment({}), [set])[0]?.isCurrent).toBe(true);
});

test("going back puts the template without its hash, and the revision's annotations beside the object's own", () => {
  const obj = deployment({});
  const revision = revisionsOf(obj, [OLD]).at(-1);
  if (!revision) throw new Error("no revision");
  const [template, annotations] = rollbackPatch(obj, revision);
  expect(template).toEqual({
    op: "replace",
    path: "/spec/template",
    value: { metadata: { labels: { app: "shop" } }, spec: { containers: [{ name: "main", image: "shop:1" }] } },
  });
  expect(annotations?.value).toEqual({ [REVISION]: "2", "kubernetes.io/change-cause": "to shop:1" });
});

test("progress counts new, starting and old pods", () => {
  expect(progressOf(deployment({}), [OLD, NEW])).toEqual({ ready: 1, starting: 1, old: 2, desired: 3, isDone: false });
  const done = replicaSet(2, "shop:2", { replicas: 3, readyReplicas: 3 });
  expect(progressOf(deployment({}), [done]).isDone).toBe(true);
});

test("an upgrade under way says how many old pods serve; a finished one says nothing", () => {
  const obj = deployment({ replicas: 4, updatedReplicas: 2, readyReplicas: 3 });
  expect(progressState(obj, progressOf(obj, [OLD, NEW]))?.what).toMatchObject({
    key: "rollout.replacing",
    values: { ready: 1, count: 2 },
  });
  const complete = deployment({ replicas: 3, updatedReplicas: 3, readyReplicas: 3 });
  const done = replicaSet(2, "shop:2", { replicas: 3, readyReplicas: 3 });
  expect(progressState(complete, progressOf(complete, [done]))).toBeUndefined();
});
