// Objects for tests, with only what a test is about.
import type { ContainerStatus, Host, Metadata, Pod, ReplicaSet, WorkloadObject } from "./objects";
import { REVISION } from "./rollout";

export function metadata(name: string, more: Partial<Metadata> = {}): Metadata {
  return {
    name,
    namespace: "work",
    uid: `uid-${name}`,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...more,
  };
}

export function pod(status: Pod["status"], more: { nodeName?: string; image?: string; deleted?: boolean } = {}): Pod {
  const { nodeName = "north", image = "shop:1", deleted } = more;
  return {
    metadata: metadata("shop-1", deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    spec: { nodeName: nodeName || undefined, containers: [{ name: "main", image }] },
    status,
  };
}

export function container(more: Partial<ContainerStatus>): ContainerStatus {
  return { name: "main", ready: false, restartCount: 0, ...more };
}

export function deployment(
  status: WorkloadObject["status"],
  spec: Partial<WorkloadObject["spec"]> = {},
): WorkloadObject {
  const template = { metadata: { labels: { app: "shop" } }, spec: { containers: [{ name: "main", image: "shop:2" }] } };
  return {
    metadata: metadata("shop", { annotations: { [REVISION]: "2", "team.example/owner": "me" } }),
    spec: { replicas: 3, selector: { matchLabels: { app: "shop" } }, template, ...spec },
    status: { observedGeneration: 1, ...status },
  };
}

export function replicaSet(revision: number, image: string, status: ReplicaSet["status"] = {}): ReplicaSet {
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "shop", uid: "uid-shop", controller: true };
  return {
    metadata: metadata(`shop-${revision}`, {
      ownerReferences: [owner],
      annotations: { [REVISION]: String(revision), "kubernetes.io/change-cause": `to ${image}` },
    }),
    spec: {
      template: {
        metadata: { labels: { app: "shop", "pod-template-hash": `hash${revision}` } },
        spec: { containers: [{ name: "main", image }] },
      },
    },
    status,
  };
}

export function host(ready: "True" | "False" | "Unknown", spec: Host["spec"] = {}): Host {
  return {
    metadata: metadata("north"),
    spec,
    status: { conditions: [{ type: "Ready", status: ready, message: "said so" }] },
  };
}
