// One pool of processors and memory: what hosts offer, what pods have reserved, what they use, and what nobody takes.
import type { Host, Obj, Pod } from "./objects";
import { quantity } from "./quantities";

export interface PodMetrics extends Obj {
  containers?: { name: string; usage: { cpu: string; memory: string } }[];
}

interface Requesting {
  resources?: { requests?: Record<string, string> };
}

export interface Share {
  key: string;
  capacity: number;
  reserved: number;
  used: number;
  /** Offered, and neither reserved nor used by anybody. */
  idle: number;
}

export type Resource = "cpu" | "memory";

const HELD = ["Pending", "Running", "Unknown"];

/** What each host, or each namespace, has of a resource; namespaces have no capacity of their own. */
export function sharesOf(
  by: "host" | "namespace",
  resource: Resource,
  hosts: readonly Host[],
  pods: readonly Pod[],
  metrics: readonly PodMetrics[],
): Share[] {
  const usage = new Map(metrics.map((one) => [placeOf(one), usedBy(one, resource)]));
  const shares = new Map<string, Share>();
  const share = (key: string) => {
    const known = shares.get(key) ?? { key, capacity: 0, reserved: 0, used: 0, idle: 0 };
    shares.set(key, known);
    return known;
  };
  if (by === "host")
    for (const host of hosts) share(host.metadata.name).capacity = quantity(host.status?.allocatable?.[resource]) || 0;
  for (const pod of pods) {
    if (!pod.spec.nodeName || !HELD.includes(pod.status?.phase ?? "Pending")) continue;
    const own = share(by === "host" ? pod.spec.nodeName : (pod.metadata.namespace ?? ""));
    const [reserved, used] = [requestedBy(pod, resource), usage.get(placeOf(pod)) ?? 0];
    own.reserved += reserved;
    own.used += used;
    own.idle -= Math.max(reserved, used);
  }
  for (const one of shares.values()) one.idle = by === "host" ? Math.max(0, one.capacity + one.idle) : 0;
  return [...shares.values()].sort((a, b) => b.reserved - a.reserved || (a.key < b.key ? -1 : 1));
}

export function totalOf(shares: readonly Share[]): Share {
  const sum = (field: "capacity" | "reserved" | "used" | "idle") =>
    shares.reduce((total, one) => total + one[field], 0);
  return { key: "", capacity: sum("capacity"), reserved: sum("reserved"), used: sum("used"), idle: sum("idle") };
}

const placeOf = ({ metadata }: Obj) => `${metadata.namespace}/${metadata.name}`;

const requestedBy = (pod: Pod, resource: Resource): number =>
  (pod.spec.containers as Requesting[]).reduce(
    (sum, one) => sum + (quantity(one.resources?.requests?.[resource]) || 0),
    0,
  );

const usedBy = (metrics: PodMetrics, resource: Resource): number =>
  (metrics.containers ?? []).reduce((sum, { usage }) => sum + (quantity(usage[resource]) || 0), 0);
