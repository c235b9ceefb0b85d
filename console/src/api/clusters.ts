// Logical clusters. Their objects stand in the platform's own cluster, whichever is shown.
import { ADOPT_LABEL, type Cluster, type ClusterForm, clusterSpec } from "../domain/clusters";
import type { Obj } from "../domain/objects";
import type { Workload } from "../domain/workloads";
import { ApiFailure, PATCH, request } from "./http";
import { createObject, mergeObject } from "./objects";
import { clusterWide, objectPath, type ResourceType, SECRETS, WORKLOADS } from "./resources";

export const CLUSTERS: ResourceType<Cluster> = {
  ...clusterWide<Cluster>("/apis/clusters.bouvier.io/v1", "clusters"),
  isOfPlatform: true,
};
const HOME_SECRETS: ResourceType<Obj> = { ...SECRETS, isOfPlatform: true };

/** Add a cluster; a kubeconfig is kept in a Secret first. Throws ApiFailure or Unreachable. */
export async function addCluster(form: ClusterForm): Promise<void> {
  if (form.driver === "kubernetes") await keepKubeconfig(`cluster-${form.name}`, form.address);
  await createObject(CLUSTERS, "Cluster", { name: form.name }, { spec: clusterSpec(form) });
}

async function keepKubeconfig(name: string, kubeconfig: string): Promise<void> {
  const metadata = { name, namespace: "kube-system" };
  try {
    await createObject(HOME_SECRETS, "Secret", metadata, { stringData: { kubeconfig } });
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status.reason !== "AlreadyExists") throw error;
    const body = { stringData: { kubeconfig } };
    await request("PATCH", objectPath(HOME_SECRETS, "kube-system", name), { body, contentType: PATCH.merge });
  }
}

/** Take over what its orchestrator had before us; it is not restarted. */
export function adopt({ kind, obj }: Workload): Promise<Obj> {
  return mergeObject(WORKLOADS[kind], obj, { metadata: { labels: { [ADOPT_LABEL]: "true" } } });
}
