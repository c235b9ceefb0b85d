// Server-side apply of whatever is written.
import type { Cause } from "../domain/objects";
import type { Written } from "../domain/documents";
import { FIELD_MANAGER } from "./actions";
import { resourceOf } from "./discovery";
import { PATCH, send } from "./http";
import { objectPath } from "./resources";

export interface Applied {
  number: number;
  kind: string;
  name: string;
  namespace: string;
  isNew: boolean;
}

export interface ApplyOptions {
  /** For namespaced objects that name none. */
  namespace: string;
  /** Only ask whether it would be accepted. */
  isDryRun: boolean;
  /** Take over fields that somebody else manages. */
  isForced: boolean;
}

/** Apply one document. Throws ApiFailure, Unreachable or UnknownKind. */
export async function applyDocument({ number, value }: Written, options: ApplyOptions): Promise<Applied> {
  const { apiVersion, kind, metadata } = value;
  const type = await resourceOf(apiVersion, kind);
  const namespace = type.isNamespaced ? metadata.namespace || options.namespace || "default" : "";
  const query: Record<string, string> = { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" };
  if (options.isDryRun) query.dryRun = "All";
  if (options.isForced) query.force = "true";
  const response = await send("PATCH", objectPath(type, namespace, metadata.name), {
    body: value,
    contentType: PATCH.apply,
    query,
  });
  await response.body?.cancel();
  return { number, kind, name: metadata.name, namespace, isNew: response.status === 201 };
}

/** Whether a refusal says that somebody else manages a field. */
export function isConflict(causes: readonly Cause[] | undefined): boolean {
  return causes?.some((cause) => cause.reason === "FieldManagerConflict") ?? false;
}
