// Builds, image streams and routes, in OpenShift's groups.
import { type Build, type BuildConfig, type ImageStream, type RouteObject, type WebhookPlace } from "../domain/builds";
import type { Obj } from "../domain/objects";
import { inCluster } from "./cluster";
import { PATCH, request, send } from "./http";
import { namespaced, objectPath, SECRETS } from "./resources";

const BUILD_ROOT = "/apis/build.openshift.io/v1";
export const BUILD_CONFIGS = namespaced<BuildConfig>(BUILD_ROOT, "buildconfigs");
export const BUILDS = namespaced<Build>(BUILD_ROOT, "builds");
export const IMAGE_STREAMS = namespaced<ImageStream>("/apis/image.openshift.io/v1", "imagestreams");
export const ROUTES = namespaced<RouteObject>("/apis/route.openshift.io/v1", "routes");

export function startBuild(config: BuildConfig): Promise<Build> {
  const { namespace = "", name } = config.metadata;
  const triggeredBy = [{ message: "Started from the console" }];
  const body = { apiVersion: "build.openshift.io/v1", kind: "BuildRequest", metadata: { name }, triggeredBy };
  return request("POST", `${objectPath(BUILD_CONFIGS, namespace, name)}/instantiate`, { body });
}

export function cancelBuild(build: Build): Promise<Obj> {
  const { namespace = "", name } = build.metadata;
  const body = { status: { cancelled: true } };
  return request("PATCH", objectPath(BUILDS, namespace, name), { body, contentType: PATCH.merge });
}

/** Pass a build's log to `take` as it is written. Throws ApiFailure or Unreachable. */
export async function followBuildLog(build: Build, take: (text: string) => void, signal: AbortSignal): Promise<void> {
  const { namespace = "", name } = build.metadata;
  const response = await send("GET", `${objectPath(BUILDS, namespace, name)}/log`, {
    query: { follow: "true" },
    signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) return;
    take(value);
  }
}

/** The whole URL of a hook. Throws ApiFailure when the secret may not be read. */
export async function webhookUrl(config: BuildConfig, { kind, secret, secretName }: WebhookPlace): Promise<string> {
  const { namespace = "", name } = config.metadata;
  const kept = secret ?? (await secretOf(namespace, secretName));
  const path = `${BUILD_ROOT}/namespaces/${namespace}/buildconfigs/${name}/webhooks/${kept}/${kind}`;
  return `${location.origin}${inCluster(path)}`;
}

async function secretOf(namespace: string, name: string): Promise<string> {
  const found = await request<Obj & { data?: Record<string, string> }>("GET", objectPath(SECRETS, namespace, name));
  return atob(found.data?.WebHookSecretKey ?? "");
}
