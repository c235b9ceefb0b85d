// What the console changes. Each is one request, the same that kubectl sends for it.
import type { Host, Obj, Pod, WorkloadObject } from "../domain/objects";
import { RESTARTED_AT, type Revision, rollbackPatch } from "../domain/rollout";
import type { Workload } from "../domain/workloads";
import { PATCH, request } from "./http";
import { HOSTS, objectPath, PODS, WORKLOADS } from "./resources";

export const FIELD_MANAGER = "bouvier-console";

function pathOf({ kind, obj }: Workload): string {
  return objectPath(WORKLOADS[kind], obj.metadata.namespace ?? "", obj.metadata.name);
}

const patch = (path: string, contentType: string, body: unknown) =>
  request<Obj>("PATCH", path, { body, contentType, query: { fieldManager: FIELD_MANAGER } });

export function scale(workload: Workload, replicas: number): Promise<Obj> {
  return patch(`${pathOf(workload)}/scale`, PATCH.merge, { spec: { replicas } });
}

/** Replace every pod, a few at a time, with one of the same template. */
export function restart(workload: Workload, now: Date): Promise<Obj> {
  const annotations = { [RESTARTED_AT]: now.toISOString() };
  return patch(pathOf(workload), PATCH.strategic, { spec: { template: { metadata: { annotations } } } });
}

export function setImages(workload: Workload, images: Record<string, string>): Promise<Obj> {
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }));
  return patch(pathOf(workload), PATCH.strategic, { spec: { template: { spec: { containers } } } });
}

export function setPaused(workload: Workload, paused: boolean): Promise<Obj> {
  return patch(pathOf(workload), PATCH.merge, { spec: { paused } });
}

export function rollBack(deployment: WorkloadObject, revision: Revision): Promise<Obj> {
  return patch(pathOf({ kind: "Deployment", obj: deployment }), PATCH.json, rollbackPatch(deployment, revision));
}

export function removeWorkload(workload: Workload): Promise<Obj> {
  return request("DELETE", pathOf(workload), { body: { propagationPolicy: "Background" } });
}

export function removePod(pod: Pod): Promise<Obj> {
  return request("DELETE", objectPath(PODS, pod.metadata.namespace ?? "", pod.metadata.name));
}

/** Close a host for new pods, or open it again. */
export function setClosed(host: Host, unschedulable: boolean): Promise<Obj> {
  return patch(objectPath(HOSTS, "", host.metadata.name), PATCH.strategic, { spec: { unschedulable } });
}
