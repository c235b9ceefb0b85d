// Revisions of a Deployment, how far its upgrade is, and the way back to an earlier revision.
import { text } from "../i18n/texts";
import { controllerOf, type ReplicaSet, type Template, type WorkloadObject } from "./objects";
import type { State } from "./state";
import { workloadState } from "./workloadState";

export const REVISION = "deployment.kubernetes.io/revision";
export const CHANGE_CAUSE = "kubernetes.io/change-cause";
export const RESTARTED_AT = "kubectl.kubernetes.io/restartedAt";
const TEMPLATE_HASH = "pod-template-hash";

/** Annotations that belong to the object rather than to a revision, as `kubectl rollout undo` has it. */
const STAYING = [
  "kubectl.kubernetes.io/last-applied-configuration",
  REVISION,
  "deployment.kubernetes.io/revision-history",
  "deployment.kubernetes.io/desired-replicas",
  "deployment.kubernetes.io/max-replicas",
  "deprecated.deployment.rollback.to",
];

export interface ImageChange {
  container: string;
  /** Empty when the container is not there at present. */
  from: string;
  /** Empty when the container was not there then. */
  to: string;
}

export interface Revision {
  number: number;
  set: ReplicaSet;
  isCurrent: boolean;
  cause: string;
  images: string[];
  /** What going back to it changes. */
  changes: ImageChange[];
  changesMore: boolean;
}

export interface Progress {
  /** Pods of the newest revision that serve. */
  ready: number;
  /** Pods of the newest revision that do not serve yet. */
  starting: number;
  /** Pods of earlier revisions. */
  old: number;
  desired: number;
  isDone: boolean;
}

export type JsonPatch = { op: "add" | "replace"; path: string; value: unknown }[];

export function ownedSets(deployment: WorkloadObject, sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
}

/** The revisions, newest first. */
export function revisionsOf(deployment: WorkloadObject, sets: readonly ReplicaSet[]): Revision[] {
  const owned = ownedSets(deployment, sets).sort((a, b) => numberOf(b) - numberOf(a));
  const current = deployment.spec.template;
  return owned.map((set) => ({
    number: numberOf(set),
    set,
    isCurrent: current !== undefined && canonical(set.spec.template) === canonical(current),
    cause: set.metadata.annotations?.[CHANGE_CAUSE] ?? "",
    images: set.spec.template.spec.containers.map((container) => container.image),
    changes: current ? imageChanges(current, set.spec.template) : [],
    changesMore: current !== undefined && withoutImages(current) !== withoutImages(set.spec.template),
  }));
}

export function progressOf(deployment: WorkloadObject, sets: readonly ReplicaSet[]): Progress {
  const revisions = revisionsOf(deployment, sets);
  const newest = revisions.find((revision) => revision.isCurrent)?.set;
  const ready = newest?.status?.readyReplicas ?? 0;
  const present = newest?.status?.replicas ?? 0;
  const all = revisions.reduce((sum, revision) => sum + (revision.set.status?.replicas ?? 0), 0);
  const desired = deployment.spec.replicas ?? 1;
  const old = all - present;
  return { ready, starting: Math.max(0, present - ready), old, desired, isDone: old === 0 && ready >= desired };
}

/** The sentence above the bar of an upgrade; undefined when none is under way. */
export function progressState(deployment: WorkloadObject, progress: Progress): State | undefined {
  const state = workloadState({ kind: "Deployment", obj: deployment });
  if (progress.isDone && state.level !== "bad") return undefined;
  if (state.level === "bad" || deployment.spec.paused || progress.old === 0) return state;
  const { ready, desired, old: count } = progress;
  return { level: "busy", word: state.word, what: text("rollout.replacing", { ready, desired, count }) };
}

/** The patch that puts a revision's template back: what `kubectl rollout undo` sends. */
export function rollbackPatch(deployment: WorkloadObject, revision: Revision): JsonPatch {
  const { [TEMPLATE_HASH]: _hash, ...labels } = revision.set.spec.template.metadata?.labels ?? {};
  const template = { ...revision.set.spec.template, metadata: { ...revision.set.spec.template.metadata, labels } };
  const own = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => STAYING.includes(key));
  const then = Object.entries(revision.set.metadata.annotations ?? {}).filter(([key]) => !STAYING.includes(key));
  return [
    { op: "replace", path: "/spec/template", value: template },
    { op: "add", path: "/metadata/annotations", value: Object.fromEntries([...own, ...then]) },
  ];
}

function numberOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0);
}

function imageChanges(present: Template, then: Template): ImageChange[] {
  const from = new Map(present.spec.containers.map((container) => [container.name, container.image]));
  const to = new Map(then.spec.containers.map((container) => [container.name, container.image]));
  return [...new Set([...from.keys(), ...to.keys()])]
    .map((container) => ({ container, from: from.get(container) ?? "", to: to.get(container) ?? "" }))
    .filter((change) => change.from !== change.to);
}

function withoutImages(template: Template): string {
  const containers = template.spec.containers.map(({ image: _image, ...rest }) => rest);
  return canonical({
    ...template,
    spec: { ...template.spec, containers: containers as Template["spec"]["containers"] },
  });
}

/** The template as text, equal for equal templates whatever the order of keys; the hash label does not count. */
function canonical(template: Template): string {
  const { [TEMPLATE_HASH]: _hash, ...labels } = template.metadata?.labels ?? {};
  const annotations = template.metadata?.annotations ?? {};
  return JSON.stringify({ labels, annotations, spec: template.spec }, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
