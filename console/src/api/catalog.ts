// Catalogs, entries and releases; what a release would do is asked of the platform before it is done.
import type { Catalog, CatalogEntry, Preview, Release, ReleaseSpec } from "../domain/catalog";
import type { Obj } from "../domain/objects";
import { FIELD_MANAGER } from "./actions";
import { PATCH, request } from "./http";
import { clusterWide, listPath, namespaced, objectPath } from "./resources";

const ROOT = "/apis/catalog.bouvier.io/v1";
export const CATALOGS = clusterWide<Catalog>(ROOT, "catalogs");
export const ENTRIES = clusterWide<CatalogEntry>(ROOT, "catalogentries");
export const RELEASES = namespaced<Release>(ROOT, "releases");
const PREVIEWS = namespaced<Obj>(ROOT, "releasepreviews");

const query = { fieldManager: FIELD_MANAGER };
const PAUSE_MS = 150;
const LONGEST_MS = 90_000;

type Previewed = Obj & { status?: Preview & { observedGeneration?: number } };

/** What a release with this spec would do. Throws ApiFailure or Unreachable. */
export async function previewRelease(namespace: string, name: string, spec: ReleaseSpec): Promise<Preview> {
  const metadata = { generateName: `${name}-`, namespace };
  const body = {
    apiVersion: "catalog.bouvier.io/v1",
    kind: "ReleasePreview",
    metadata,
    spec: { release: name, ...spec },
  };
  const made = await request<Previewed>("POST", listPath(PREVIEWS, namespace), { body, query });
  const path = objectPath(PREVIEWS, namespace, made.metadata.name);
  const end = Date.now() + LONGEST_MS;
  try {
    while (Date.now() < end) {
      const { status } = await request<Previewed>("GET", path);
      if (status?.observedGeneration) return status;
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  } finally {
    // The platform removes old previews by itself.
    void request("DELETE", path).catch(() => undefined);
  }
  return { phase: "Refused", errors: [] };
}

export function installRelease(namespace: string, name: string, spec: ReleaseSpec): Promise<Obj> {
  const body = { apiVersion: "catalog.bouvier.io/v1", kind: "Release", metadata: { name, namespace }, spec };
  return request("POST", listPath(RELEASES, namespace), { body, query });
}

/** Replace the spec as a whole, unless somebody else changed it since it was read. */
export function changeRelease(release: Release, spec: ReleaseSpec): Promise<Obj> {
  const { namespace = "", name, generation } = release.metadata;
  const body = [
    { op: "test", path: "/metadata/generation", value: generation },
    { op: "replace", path: "/spec", value: spec },
  ];
  return request("PATCH", objectPath(RELEASES, namespace, name), { body, contentType: PATCH.json, query });
}

export function uninstallRelease(release: Release): Promise<Obj> {
  const { namespace = "", name } = release.metadata;
  return request("DELETE", objectPath(RELEASES, namespace, name));
}

export function addCatalog(name: string, source: Catalog["spec"]["source"]): Promise<Obj> {
  const body = { apiVersion: "catalog.bouvier.io/v1", kind: "Catalog", metadata: { name }, spec: { source } };
  return request("POST", listPath(CATALOGS), { body, query });
}

/** Have the source read again. */
export function refreshCatalog(name: string, now: Date): Promise<Obj> {
  const body = { metadata: { annotations: { "catalog.bouvier.io/refresh": now.toISOString() } } };
  return request("PATCH", objectPath(CATALOGS, "", name), { body, contentType: PATCH.merge, query });
}

export function removeCatalog(name: string): Promise<Obj> {
  return request("DELETE", objectPath(CATALOGS, "", name));
}
