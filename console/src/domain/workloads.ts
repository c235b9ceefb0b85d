// What the workload kinds have in common, and what each allows.
import { selectorText } from "./selectors";
import type { Container, Template, WorkloadObject } from "./objects";

export type WorkloadKind = "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob";

export const WORKLOAD_KINDS: WorkloadKind[] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];

export interface Workload {
  kind: WorkloadKind;
  obj: WorkloadObject;
}

/** Pods by what they are worth to a workload. */
export interface Health {
  /** How many are wished for. */
  desired: number;
  /** How many serve. */
  ready: number;
  /** How many are of the present template. */
  updated: number;
  /** How many there are. */
  present: number;
}

const KEEPS_RUNNING: WorkloadKind[] = ["Deployment", "StatefulSet", "DaemonSet"];

export const canScale = (kind: WorkloadKind) => kind === "Deployment" || kind === "StatefulSet";
export const canRestart = (kind: WorkloadKind) => KEEPS_RUNNING.includes(kind);
export const canUpgrade = canRestart;
export const canRollBack = (kind: WorkloadKind) => kind === "Deployment";

export function templateOf({ kind, obj }: Workload): Template | undefined {
  return kind === "CronJob" ? obj.spec.jobTemplate?.spec.template : obj.spec.template;
}

export function containersOf(workload: Workload): Container[] {
  return templateOf(workload)?.spec.containers ?? [];
}

/** The label selector of the workload's pods; empty when it has none of its own. */
export function podSelector({ kind, obj }: Workload): string {
  return kind === "CronJob" ? "" : selectorText(obj.spec.selector);
}

export function healthOf({ kind, obj }: Workload): Health {
  const status = obj.status ?? {};
  if (kind === "DaemonSet") {
    const desired = status.desiredNumberScheduled ?? 0;
    return { desired, ready: status.numberReady ?? 0, updated: status.updatedNumberScheduled ?? 0, present: desired };
  }
  if (kind === "Job") {
    const desired = obj.spec.completions ?? obj.spec.parallelism ?? 1;
    const done = status.succeeded ?? 0;
    return { desired, ready: done, updated: done, present: done + countOf(status.active) };
  }
  if (kind === "CronJob") {
    const running = countOf(status.active);
    return { desired: running, ready: running, updated: running, present: running };
  }
  return {
    desired: obj.spec.replicas ?? 1,
    ready: status.readyReplicas ?? 0,
    updated: status.updatedReplicas ?? 0,
    present: status.replicas ?? 0,
  };
}

/** Whether the controller has seen the newest wish. */
export function isObserved({ obj }: Workload): boolean {
  return (obj.status?.observedGeneration ?? 0) >= (obj.metadata.generation ?? 0);
}

function countOf(active: number | unknown[] | undefined): number {
  return Array.isArray(active) ? active.length : (active ?? 0);
}
