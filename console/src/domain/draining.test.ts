import { expect, test } from "vitest";
import { lostByMoving, podsToMove } from "./draining";
import type { Pod } from "./objects";
import { metadata, pod } from "./samples";

const owned = (name: string, kind: string): Pod => ({
  ...pod({ phase: "Running" }),
  metadata: metadata(name, {
    ownerReferences: [{ apiVersion: "apps/v1", kind, name: "owner", uid: "u", controller: true }],
  }),
});

test("pods of DaemonSets and pods that have ended stay where they are", () => {
  const pods = [owned("a", "ReplicaSet"), owned("b", "DaemonSet"), pod({ phase: "Succeeded" })];
  expect(podsToMove(pods).map((one) => one.metadata.name)).toEqual(["a"]);
});

test("a pod that nothing starts again is named as lost", () => {
  const pods = [owned("a", "ReplicaSet"), pod({ phase: "Running" })];
  expect(lostByMoving(pods).map((one) => one.metadata.name)).toEqual(["shop-1"]);
});
