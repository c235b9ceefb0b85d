// Where services and ingresses are reached.
import type { EndpointSlice, Ingress, IngressPath, Service } from "./objects";

export const SERVICE_NAME = "kubernetes.io/service-name";

/** Ready and all endpoints by `namespace/service`. */
export function countEndpoints(slices: readonly EndpointSlice[]): Map<string, { ready: number; all: number }> {
  const counts = new Map<string, { ready: number; all: number }>();
  for (const slice of slices) {
    const key = `${slice.metadata.namespace}/${slice.metadata.labels?.[SERVICE_NAME] ?? ""}`;
    const count = counts.get(key) ?? { ready: 0, all: 0 };
    for (const endpoint of slice.endpoints ?? []) {
      count.all += 1;
      if (endpoint.conditions?.ready !== false) count.ready += 1;
    }
    counts.set(key, count);
  }
  return counts;
}

/** The addresses of a service, as people type them. */
export function serviceAddresses(service: Service): string[] {
  const { type, clusterIP, externalName, ports = [] } = service.spec;
  if (type === "ExternalName") return externalName ? [externalName] : [];
  const outside = (service.status?.loadBalancer?.ingress ?? []).map((one) => one.ip ?? one.hostname ?? "");
  const hosts = [...(clusterIP && clusterIP !== "None" ? [clusterIP] : []), ...outside.filter(Boolean)];
  return hosts.flatMap((host) => ports.map((port) => `${host}:${port.port}`));
}

export function nodePorts(service: Service): number[] {
  return (service.spec.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : []));
}

export interface Site {
  /** Where to open it; undefined when the rule has no plain host name or it is not known where to reach it. */
  url?: string;
  host: string;
  path: string;
  backend: string;
}

/** The ports on which a platform's balancer listens. */
export interface BalancerPorts {
  http: number;
  https: number;
}

/** One site for each rule and path of an ingress. */
export function sitesOf(ingress: Ingress, ports: BalancerPorts): Site[] {
  const secure = new Set((ingress.spec.tls ?? []).flatMap((entry) => entry.hosts ?? []));
  const sites = (ingress.spec.rules ?? []).flatMap((rule) =>
    (rule.http?.paths ?? []).map((path) => siteOf(rule.host ?? "", path, secure.has(rule.host ?? ""), ports)),
  );
  const { defaultBackend } = ingress.spec;
  return defaultBackend ? [...sites, { host: "*", path: "/", backend: backendOf(defaultBackend) }] : sites;
}

function siteOf(host: string, { path = "/", backend }: IngressPath, isSecure: boolean, ports: BalancerPorts): Site {
  const site = { host: host || "*", path, backend: backendOf(backend) };
  if (!host || host.startsWith("*")) return site;
  const [scheme, port, usual] = isSecure ? ["https", ports.https, 443] : ["http", ports.http, 80];
  return { ...site, url: `${scheme}://${host}${port === usual ? "" : `:${port}`}${path}` };
}

function backendOf(backend: IngressPath["backend"]): string {
  const { service } = backend;
  if (!service) return "";
  const port = service.port?.number ?? service.port?.name;
  return port === undefined ? service.name : `${service.name}:${port}`;
}
