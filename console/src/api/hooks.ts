// Receiver hooks and API keys: the secret is drawn here, sent nowhere but to its reader, and kept as a hash.
import { type ApiKey, drawSecret, hashOf, type Receiver } from "../domain/hooks";
import { shownCluster } from "./cluster";
import { createObject } from "./objects";
import { clusterWide, namespaced } from "./resources";

export const RECEIVERS = namespaced<Receiver>("/apis/hooks.bouvier.io/v1", "receivers");
export const API_KEYS = clusterWide<ApiKey>("/apis/keys.bouvier.io/v1", "apikeys");

const draw = () => drawSecret((count) => crypto.getRandomValues(new Uint8Array(count)));

/** Make a hook and return its URL, which nobody can read again. Throws ApiFailure or Unreachable. */
export async function makeHook(namespace: string, name: string, spec: Record<string, unknown>): Promise<string> {
  const secret = draw();
  await createObject(
    RECEIVERS,
    "Receiver",
    { name, namespace },
    { spec: { ...spec, secretHash: await hashOf(secret) } },
  );
  return `${location.origin}/hooks/${shownCluster()}/${namespace}/${name}/${secret}`;
}

/** Make a key and return its token, which nobody can read again. Throws ApiFailure or Unreachable. */
export async function makeKey(name: string, spec: Record<string, unknown>): Promise<string> {
  const token = `bvk_${name}_${draw()}`;
  await createObject(API_KEYS, "ApiKey", { name }, { spec: { ...spec, tokenHash: await hashOf(token) } });
  return token;
}
