// Creating the objects of a form: all are tried first, so that a refusal leaves nothing half made.
import type { Manifest } from "../domain/manifests";
import { FIELD_MANAGER } from "./actions";
import { resourceOf } from "./discovery";
import { request } from "./http";
import { listPath, type ResourceType } from "./resources";

/** Create them all. Throws ApiFailure, Unreachable or UnknownKind. */
export async function createAll(manifests: readonly Manifest[]): Promise<void> {
  const planned = await Promise.all(
    manifests.map(async (body) => ({ body, type: await resourceOf(body.apiVersion, body.kind) })),
  );
  await Promise.all(planned.map(({ type, body }) => create(type, body, { dryRun: "All" })));
  for (const { type, body } of planned) await create(type, body, {});
}

function create(type: ResourceType<unknown>, body: Manifest, query: Record<string, string>): Promise<unknown> {
  return request("POST", listPath(type, body.metadata.namespace), {
    body,
    query: { fieldManager: FIELD_MANAGER, fieldValidation: "Strict", ...query },
  });
}
