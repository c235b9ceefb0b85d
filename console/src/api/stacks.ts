// Stacks: checking files, creating, upgrading, holding, returning, removing.
import type { Obj, Pod } from "../domain/objects";
import { type SecretObject, type Stack, STACK_LABEL, type StackSpec } from "../domain/stacks";
import { FIELD_MANAGER } from "./actions";
import { ApiFailure, PATCH, request } from "./http";
import { listPath, namespaced, NAMESPACES, objectPath, PODS, type ResourceType, SECRETS, WORKLOADS } from "./resources";

export const STACKS = namespaced<Stack>("/apis/stacks.bouvier.io/v1", "stacks");
export const STACK_SECRETS = SECRETS as ResourceType<SecretObject>;

export interface CheckedService {
  name: string;
  kind: string;
  replicas: number;
  images: string[];
  sidekicks: string[];
  needs: string[];
}

export interface Checked {
  services: CheckedService[];
  externals: string[];
  rules: { host: string; path: string; service: string }[];
  ignored: { path: string; reason: string }[];
}

/** What the files ask for. Throws ApiFailure with the place of what is wrong, or Unreachable. */
export function checkStack(name: string, spec: StackSpec, signal?: AbortSignal): Promise<Checked> {
  return request("POST", "/bouvier/v1/stacks/check", { body: { ...spec, name }, signal });
}

const query = { fieldManager: FIELD_MANAGER };

/** Create a stack, and its namespace unless it is there. Throws ApiFailure or Unreachable. */
export async function createStack(name: string, namespace: string, spec: StackSpec): Promise<void> {
  const body = { apiVersion: "stacks.bouvier.io/v1", kind: "Stack", metadata: { name, namespace }, spec };
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { [STACK_LABEL]: name } } };
  try {
    await request("POST", listPath(NAMESPACES), { body: space, query });
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status.reason !== "AlreadyExists") throw error;
  }
  await request("POST", listPath(STACKS, namespace), { body, query });
}

/** Replace the spec, unless somebody else changed it since it was read. Throws ApiFailure or Unreachable. */
export function changeStack(stack: Stack, spec: StackSpec): Promise<Obj> {
  const { namespace = "", name, generation } = stack.metadata;
  const body = [
    { op: "test", path: "/metadata/generation", value: generation },
    { op: "replace", path: "/spec", value: spec },
  ];
  return request("PATCH", objectPath(STACKS, namespace, name), { body, contentType: PATCH.json, query });
}

export function setStackPaused(stack: Stack, paused: boolean): Promise<Obj> {
  const { namespace = "", name } = stack.metadata;
  const body = { spec: { paused } };
  return request("PATCH", objectPath(STACKS, namespace, name), { body, contentType: PATCH.merge, query });
}

/** Remove a stack, and the namespace that was made for it when nothing else is in it. */
export async function removeStack(stack: Stack): Promise<void> {
  const { namespace = "", name } = stack.metadata;
  await request("DELETE", objectPath(STACKS, namespace, name), { body: { propagationPolicy: "Background" } });
  const space = await request<Obj>("GET", objectPath(NAMESPACES, "", namespace));
  if (space.metadata.labels?.[STACK_LABEL] === name && !(await hasStrangers(namespace, name)))
    await request("DELETE", objectPath(NAMESPACES, "", namespace));
}

async function hasStrangers(namespace: string, name: string): Promise<boolean> {
  const types: ResourceType<unknown>[] = [STACKS, PODS, WORKLOADS.Deployment, WORKLOADS.StatefulSet];
  const lists = await Promise.all(
    types.map((type) => request<{ items: Pod[] }>("GET", listPath(type, namespace), { query: { limit: "500" } })),
  );
  return lists.some(({ items }) =>
    items.some(({ metadata }) => metadata.labels?.[STACK_LABEL] !== name && metadata.name !== name),
  );
}
