// Whether the hosts reach each other, as each of them found out itself.
import { conditionOf, type Host, type Obj } from "./objects";

export interface PeerReport extends Obj {
  driver?: string;
  peers?: { name: string; address?: string; state: string; since?: string; milliseconds?: string; message?: string }[];
}

/** established: probes are answered. unknown: the host that would say does not report. untested: it has not said yet. */
export type PeerState = "established" | "unreachable" | "untested" | "unknown";

export interface Pair {
  from: string;
  to: string;
  state: PeerState;
  since?: string;
  milliseconds?: string;
  message?: string;
}

export interface Matrix {
  hosts: string[];
  drivers: string[];
  pairs: Pair[];
}

/** One pair for each ordered two of the hosts, in the order of their names. */
export function matrixOf(hosts: readonly Host[], reports: readonly PeerReport[]): Matrix {
  const byHost = new Map(reports.map((report) => [report.metadata.name, report]));
  const listed = [...hosts].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const names = listed.map((host) => host.metadata.name);
  const pairs = listed.flatMap((source) =>
    names.filter((to) => to !== source.metadata.name).map((to) => pairOf(source, to, byHost)),
  );
  const drivers = [...new Set(reports.flatMap((report) => (report.driver ? [report.driver] : [])))].sort();
  return { hosts: names, drivers, pairs };
}

function pairOf(source: Host, to: string, reports: ReadonlyMap<string, PeerReport>): Pair {
  const from = source.metadata.name;
  if (conditionOf(source.status?.conditions, "Ready")?.status !== "True") return { from, to, state: "unknown" };
  const found = reports.get(from)?.peers?.find((peer) => peer.name === to);
  if (!found) return { from, to, state: "untested" };
  const { since, milliseconds, message } = found;
  return {
    from,
    to,
    state: found.state === "established" ? "established" : "unreachable",
    since,
    milliseconds,
    message,
  };
}
