// The kinds that the console reads, and their paths.
import type {
  EndpointSlice,
  EventObject,
  Host,
  Ingress,
  Obj,
  Pod,
  ReplicaSet,
  Service,
  WorkloadObject,
} from "../domain/objects";
import type { WorkloadKind } from "../domain/workloads";
import { inCluster } from "./cluster";

/** A kind and the shape of its objects. */
export interface ResourceType<T> {
  /** `/api/v1` or `/apis/GROUP/VERSION`. */
  root: string;
  plural: string;
  isNamespaced: boolean;
  /** Its objects are the whole platform's, whichever cluster is shown. */
  isOfPlatform?: boolean;
  /** Only for the compiler. */
  readonly shape?: T;
}

const CORE = "/api/v1";
const APPS = "/apis/apps/v1";
const BATCH = "/apis/batch/v1";

export const namespaced = <T>(root: string, plural: string): ResourceType<T> => ({ root, plural, isNamespaced: true });

export const clusterWide = <T>(root: string, plural: string): ResourceType<T> => ({
  root,
  plural,
  isNamespaced: false,
});

export const NAMESPACES: ResourceType<Obj> = { root: CORE, plural: "namespaces", isNamespaced: false };
export const HOSTS: ResourceType<Host> = { root: CORE, plural: "nodes", isNamespaced: false };
export const PODS = namespaced<Pod>(CORE, "pods");
export const SECRETS = namespaced<Obj>(CORE, "secrets");
export const SERVICES = namespaced<Service>(CORE, "services");
export const EVENTS = namespaced<EventObject>(CORE, "events");
export const ENDPOINT_SLICES = namespaced<EndpointSlice>("/apis/discovery.k8s.io/v1", "endpointslices");
export const INGRESSES = namespaced<Ingress>("/apis/networking.k8s.io/v1", "ingresses");
export const REPLICA_SETS = namespaced<ReplicaSet>(APPS, "replicasets");

export const WORKLOADS: Record<WorkloadKind, ResourceType<WorkloadObject>> = {
  Deployment: namespaced(APPS, "deployments"),
  StatefulSet: namespaced(APPS, "statefulsets"),
  DaemonSet: namespaced(APPS, "daemonsets"),
  Job: namespaced(BATCH, "jobs"),
  CronJob: namespaced(BATCH, "cronjobs"),
};

/** The path of the whole list, or of one namespace's part of it. */
export function listPath(type: ResourceType<unknown>, namespace = ""): string {
  const inside = type.isNamespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  const path = `${type.root}${inside}/${type.plural}`;
  return type.isOfPlatform ? path : inCluster(path);
}

export function objectPath(type: ResourceType<unknown>, namespace: string, name: string): string {
  return `${listPath(type, namespace)}/${encodeURIComponent(name)}`;
}
