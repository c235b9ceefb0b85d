// Emptying, labelling, removing and inviting hosts.
import type { Host, Obj, Pod } from "../domain/objects";
import { drawToken, type Invitation, joinCommand, tokenSecret } from "../domain/joining";
import { labelPatch } from "../domain/labels";
import { FIELD_MANAGER, setClosed } from "./actions";
import { ApiFailure, PATCH, request } from "./http";
import { clusterWide, ENDPOINT_SLICES, HOSTS, listPath, objectPath, PODS, SECRETS } from "./resources";
import type { PeerReport } from "../domain/peers";

export const PEER_REPORTS = clusterWide<PeerReport>("/apis/network.bouvier.io/v1", "peerreports");
/** Between two attempts to move a pod that a disruption budget keeps where it is. */
const AGAIN_MS = 2_000;

export function setHostLabels(host: Host, labels: Record<string, string>): Promise<Obj> {
  const body = { metadata: { labels: labelPatch(host.metadata.labels, labels) } };
  const query = { fieldManager: FIELD_MANAGER };
  return request("PATCH", objectPath(HOSTS, "", host.metadata.name), { body, contentType: PATCH.merge, query });
}

export function removeHost(host: Host): Promise<Obj> {
  return request("DELETE", objectPath(HOSTS, "", host.metadata.name));
}

/** Close a host and move its pods away, one after the other; `report` hears which pod a budget keeps at the moment. */
export async function drain(
  host: Host,
  pods: readonly Pod[],
  report: (moved: number, kept?: string) => void,
  signal: AbortSignal,
): Promise<void> {
  await setClosed(host, true);
  for (const [index, pod] of pods.entries()) {
    report(index);
    while (!(await evict(pod))) {
      report(index, pod.metadata.name);
      await new Promise((wake) => setTimeout(wake, AGAIN_MS));
      if (signal.aborted) return;
    }
    if (signal.aborted) return;
  }
  report(pods.length);
}

/** Ask a pod to go; false when a disruption budget does not allow it now. Throws ApiFailure or Unreachable. */
async function evict(pod: Pod): Promise<boolean> {
  const { namespace = "", name } = pod.metadata;
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  try {
    await request("POST", `${objectPath(PODS, namespace, name)}/eviction`, { body });
    return true;
  } catch (error) {
    if (error instanceof ApiFailure && error.status.code === 404) return true;
    if (error instanceof ApiFailure && error.status.code === 429) return false;
    throw error;
  }
}

/** Make a join token and return the command that uses it. Throws ApiFailure or Unreachable. */
export async function invite(invitation: Invitation, caHash: string): Promise<string> {
  const server = await serverUrl();
  const token = drawToken((count) => crypto.getRandomValues(new Uint8Array(count)));
  const body = tokenSecret(token, invitation, new Date());
  await request("POST", listPath(SECRETS, body.metadata.namespace), { body, query: { fieldManager: FIELD_MANAGER } });
  return joinCommand(server, token, caHash);
}

interface Addresses extends Obj {
  endpoints: { addresses: string[] }[];
  ports: { port: number }[];
}

/** Where other hosts reach the API: as pods do, not as this browser does. */
async function serverUrl(): Promise<string> {
  const slice = await request<Addresses>("GET", objectPath(ENDPOINT_SLICES, "default", "kubernetes"));
  const address = slice.endpoints[0]?.addresses[0] ?? location.hostname;
  return `https://${address}:${slice.ports[0]?.port ?? location.port}`;
}
