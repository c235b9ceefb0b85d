// Which path belongs to a kind: asked of the server once for each group and version.
import { text, type Text } from "../i18n/texts";
import { inCluster } from "./cluster";
import { ApiFailure, request } from "./http";
import type { ResourceType } from "./resources";

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

const known = new Map<string, Promise<ResourceList>>();

/** The server has no such kind. */
export class UnknownKind extends Error {
  constructor(readonly text: Text) {
    super(text.key);
  }
}

/** Find the resource of a kind. Throws UnknownKind. */
export async function resourceOf(apiVersion: string, kind: string): Promise<ResourceType<unknown>> {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const list = await listOf(inCluster(root), apiVersion);
  const found = list.resources.find((resource) => resource.kind === kind && !resource.name.includes("/"));
  if (!found) throw new UnknownKind(text("yaml.unknownKind", { kind, apiVersion }));
  return { root, plural: found.name, isNamespaced: found.namespaced };
}

async function listOf(root: string, apiVersion: string): Promise<ResourceList> {
  const asked = known.get(root) ?? request<ResourceList>("GET", root);
  known.set(root, asked);
  try {
    return await asked;
  } catch (error) {
    known.delete(root);
    if (error instanceof ApiFailure && error.status.code === 404)
      throw new UnknownKind(text("yaml.unknownVersion", { apiVersion }));
    throw error;
  }
}

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface DiscoveryList {
  items: { metadata: { name: string }; versions: { resources?: { resource: string }[] }[] }[];
}

/** Everything that the shown cluster serves beyond the core, as `GROUP/PLURAL`. */
export async function servedResources(): Promise<ReadonlySet<string>> {
  const list = await request<DiscoveryList>("GET", inCluster("/apis"), { accept: AGGREGATED });
  const names = list.items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ resources = [] }) => resources.map(({ resource }) => `${metadata.name}/${resource}`)),
  );
  return new Set(names);
}
