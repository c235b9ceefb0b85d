// The plain writes that every kind has.
import type { Obj } from "../domain/objects";
import { FIELD_MANAGER } from "./actions";
import { PATCH, request } from "./http";
import { listPath, objectPath, type ResourceType } from "./resources";

const query = { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" };

export function createObject<T extends Obj>(
  type: ResourceType<T>,
  kind: string,
  metadata: { name?: string; generateName?: string; namespace?: string },
  more: Record<string, unknown>,
): Promise<T> {
  const apiVersion = type.root.replace(/^\/apis?\//, "");
  return request("POST", listPath(type, metadata.namespace), { body: { apiVersion, kind, metadata, ...more }, query });
}

export function mergeObject<T extends Obj>(type: ResourceType<T>, obj: Obj, body: unknown): Promise<T> {
  const { namespace = "", name } = obj.metadata;
  return request("PATCH", objectPath(type, namespace, name), { body, contentType: PATCH.merge, query });
}

export function removeObject(type: ResourceType<unknown>, obj: Obj): Promise<unknown> {
  const { namespace = "", name } = obj.metadata;
  return request("DELETE", objectPath(type, namespace, name), { body: { propagationPolicy: "Background" } });
}
