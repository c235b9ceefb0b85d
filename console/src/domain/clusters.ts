// Logical clusters: how each does, what it offers, and what its orchestrator cannot express.
import { text } from "../i18n/texts";
import { conditionOf, type Condition, type Obj } from "./objects";
import { quantity } from "./quantities";
import type { State } from "./state";

export const DRIVERS = ["native", "swarm", "kubernetes", "mesos"] as const;
export type Driver = (typeof DRIVERS)[number];

export interface ClusterHost {
  name: string;
  ready?: boolean;
  schedulable?: boolean;
  capacity?: Record<string, string>;
}

export interface Cluster extends Obj {
  spec: { driver: Driver; strict?: boolean } & Record<string, unknown>;
  status?: {
    version?: string;
    hosts?: ClusterHost[];
    capacity?: Record<string, string>;
    capabilities?: string[];
    conditions?: Condition[];
  };
}

export function clusterState(cluster: Cluster): State {
  const ready = conditionOf(cluster.status?.conditions, "Ready");
  if (cluster.metadata.deletionTimestamp) return { level: "busy", word: text("state.removing") };
  if (!ready) return { level: "busy", word: text("state.starting"), what: text("cluster.starting") };
  if (ready.status === "True") return { level: "ok", word: text("state.ready") };
  if (ready.reason === "NoHosts")
    return {
      level: "warn",
      word: text("state.noHost"),
      what: text("cluster.noHosts"),
      advice: text("cluster.joinWay"),
    };
  const what = text("cluster.unreachable");
  return { level: "bad", word: text("state.notReady"), what, advice: text("cluster.reachWay"), said: ready.message };
}

export interface Totals {
  hosts: number;
  readyHosts: number;
  cpus: number;
  memory: number;
}

export function totalsOf(clusters: readonly Cluster[]): Totals {
  const hosts = clusters.flatMap(({ status }) => status?.hosts ?? []);
  const sum = (name: string) =>
    clusters.reduce((total, { status }) => total + (quantity(status?.capacity?.[name]) || 0), 0);
  return {
    hosts: hosts.length,
    readyHosts: hosts.filter((one) => one.ready).length,
    cpus: sum("cpu"),
    memory: sum("memory"),
  };
}

const FOREIGN = "bouvier.io/foreign";
const LOSS_REPORT = "bouvier.io/loss-report";
export const ADOPT_LABEL = "bouvier.io/adopt";

/** Whether an object stands for something that its orchestrator had before us. */
export const isForeign = (obj: Obj): boolean => !!obj.metadata.annotations?.[FOREIGN];

export interface Loss {
  field: string;
  message: string;
}

/** What of the object its orchestrator cannot express. */
export function lossesOf(obj: Obj): Loss[] {
  try {
    return JSON.parse(obj.metadata.annotations?.[LOSS_REPORT] ?? "[]") as Loss[];
  } catch {
    return [];
  }
}

/** What the form asks for each driver. */
export interface ClusterForm {
  name: string;
  driver: Driver;
  isStrict: boolean;
  /** Socket of the engine, URLs of the masters, or the kubeconfig, by driver. */
  address: string;
  /** URLs of Marathon. */
  marathon: string;
}

const list = (typed: string) => typed.split(/[\s,]+/).filter(Boolean);

/** The spec that the form asks for. */
export function clusterSpec({ name, driver, isStrict, address, marathon }: ClusterForm): Record<string, unknown> {
  const spec: Record<string, unknown> = isStrict ? { driver, strict: true } : { driver };
  if (driver === "swarm") spec.swarm = { engine: address.trim() };
  if (driver === "kubernetes")
    spec.kubernetes = { kubeconfigSecret: { namespace: "kube-system", name: `cluster-${name}` } };
  if (driver === "mesos")
    spec.mesos = { masters: list(address), ...(marathon.trim() ? { marathon: list(marathon) } : {}) };
  return spec;
}
