// All workloads with what is to be said about each. Pods are watched only for those that are not as wished: their own
// status tells that something is wrong, their pods tell what.
import { useMemo } from "react";
import { PODS, WORKLOADS } from "../../api/resources";
import { keyOf, type Pod, type Status, type WorkloadObject } from "../../domain/objects";
import type { State } from "../../domain/state";
import { WORKLOAD_KINDS, type Workload, type WorkloadKind, podSelector } from "../../domain/workloads";
import { workloadState } from "../../domain/workloadState";
import { type Live, useLive, useLiveMany } from "../../live/useLive";

export interface WorkloadRow {
  key: string;
  /** `namespace/name`. */
  name: string;
  workload: Workload;
  state: State;
}

export interface Workloads {
  rows: WorkloadRow[];
  isLoading: boolean;
  isAbsent: boolean;
  error?: Status;
}

/** One page has 64 watches; the others are for its lists. */
const MOST_UNWELL = 30;

export function useWorkloads(namespace: string): Workloads {
  const lists: Live<WorkloadObject>[] = [
    useLive(WORKLOADS.Deployment, { namespace }),
    useLive(WORKLOADS.StatefulSet, { namespace }),
    useLive(WORKLOADS.DaemonSet, { namespace }),
    useLive(WORKLOADS.Job, { namespace }),
    useLive(WORKLOADS.CronJob, { namespace }),
  ];
  const coarse = useMemo(() => rowsOf(lists), lists);
  const unwell = coarse.filter(({ state }) => state.level !== "ok" && state.level !== "idle").slice(0, MOST_UNWELL);
  const pods = usePodsOf(unwell);
  const rows = useMemo(() => coarse.map((row) => refined(row, pods)), [coarse, pods]);
  const [deployments] = lists;
  return {
    rows,
    isLoading: deployments?.isLoading ?? true,
    isAbsent: lists.every((list) => list.isAbsent),
    error: deployments?.error,
  };
}

/** Rows of objects that did not change are the same rows: ten thousand of them are looked over many times a second. */
const knownRows = new WeakMap<WorkloadObject, WorkloadRow>();

function rowsOf(lists: Live<WorkloadObject>[]): WorkloadRow[] {
  return WORKLOAD_KINDS.flatMap((kind, index) => (lists[index]?.items ?? []).map((obj) => rowOf(kind, obj))).sort(
    (a, b) => (a.name < b.name ? -1 : 1),
  );
}

function rowOf(kind: WorkloadKind, obj: WorkloadObject): WorkloadRow {
  const known = knownRows.get(obj);
  if (known) return known;
  const row = { key: obj.metadata.uid, name: keyOf(obj), workload: { kind, obj }, state: workloadState({ kind, obj }) };
  knownRows.set(obj, row);
  return row;
}

/** The pods of some workloads, by the workload's uid. */
function usePodsOf(rows: WorkloadRow[]): Map<string, Pod[]> {
  const known = rows
    .map(({ key, workload }) => ({
      key,
      namespace: workload.obj.metadata.namespace ?? "",
      labels: podSelector(workload),
    }))
    .filter(({ labels }) => labels);
  const lists = useLiveMany(PODS, known);
  const keys = known.map(({ key }) => key).join();
  return useMemo(() => new Map(keys.split(",").map((key, index) => [key, lists[index] ?? []])), [keys, lists]);
}

function refined(row: WorkloadRow, pods: Map<string, Pod[]>): WorkloadRow {
  const own = pods.get(row.key);
  return own?.length ? { ...row, state: workloadState(row.workload, own) } : row;
}
