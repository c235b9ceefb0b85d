// Requests to the API with the session's cookie.
import type { Status } from "../domain/objects";

/** The server refused; `status` is what it said. */
export class ApiFailure extends Error {
  constructor(readonly status: Status) {
    super(status.message ?? status.reason ?? String(status.code));
  }
}

/** Nothing answered. */
export class Unreachable extends Error {}

/** Writes with a cookie must carry it: no other site can set it. */
const OWN_HEADER = "X-Bouvier-Console";
/** Pauses before trying again; after the last attempt there is none. */
const PAUSES_MS = [200, 1000, undefined];

export const PATCH = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export interface Asking {
  body?: unknown;
  contentType?: string;
  accept?: string;
  query?: Record<string, string>;
  signal?: AbortSignal;
}

/** Send a request and return the answer's JSON. Throws ApiFailure or Unreachable. */
export async function request<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  return (await (await send(method, path, asking)).json()) as T;
}

/** Send a request and return the answer as it comes. Throws ApiFailure or Unreachable. */
export async function send(
  method: string,
  path: string,
  { body, contentType, accept = "application/json", query, signal }: Asking = {},
): Promise<Response> {
  const headers: Record<string, string> = { Accept: accept };
  if (method !== "GET") headers[OWN_HEADER] = "1";
  if (body !== undefined) headers["Content-Type"] = contentType ?? "application/json";
  const url = query ? `${path}?${new URLSearchParams(query)}` : path;
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const response = await reach(url, { method, headers, body: text, signal, credentials: "same-origin" });
  if (!response.ok) throw new ApiFailure(await statusOf(response));
  return response;
}

/**
 * Fetch, and try again where doing it twice is doing it once: browsers drop requests when a network interface of their
 * machine comes or goes, as it does whenever a pod starts there.
 */
async function reach(url: string, init: RequestInit): Promise<Response> {
  for (const pause of init.method === "POST" ? [undefined] : PAUSES_MS) {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted) throw error;
      if (pause === undefined) throw new Unreachable(String(error));
      await new Promise((wake) => setTimeout(wake, pause));
    }
  }
  throw new Unreachable(url);
}

async function statusOf(response: Response): Promise<Status> {
  const text = await response.text();
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === "Status") return { ...status, code: response.status };
  } catch {
    // Not every refusal is JSON: a proxy between may answer with a page.
  }
  return { kind: "Status", code: response.status, message: text.slice(0, 500) || response.statusText };
}
