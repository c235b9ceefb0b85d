// The audit log of the shown cluster, a page at a time.
import type { AuditEvent, AuditFilter } from "../domain/audit";
import { request } from "./http";
import { listPath, namespaced } from "./resources";

const AUDIT_EVENTS = namespaced<AuditEvent>("/apis/audit.bouvier.io/v1", "auditevents");
const PAGE = 100;
/** Pages without a find that are passed over in a row: the server reads a part of the log for each. */
const MOST_EMPTY = 20;

export interface AuditPage {
  items: AuditEvent[];
  /** Leads on; empty at the end. */
  next: string;
}

interface Answer {
  items: AuditEvent[];
  metadata: { continue?: string };
}

/** Read the newest events, or those behind a page. Throws ApiFailure or Unreachable. */
export async function readAudit(
  namespace: string,
  filter: AuditFilter,
  next: string,
  signal?: AbortSignal,
): Promise<AuditPage> {
  const query: Record<string, string> = { limit: String(PAGE) };
  for (const [name, value] of Object.entries(filter)) if (value) query[name] = value;
  let token = next;
  for (let tries = 0; ; tries += 1) {
    const asked = token ? { ...query, continue: token } : query;
    const { items, metadata } = await request<Answer>("GET", listPath(AUDIT_EVENTS, namespace), {
      query: asked,
      signal,
    });
    token = metadata.continue ?? "";
    if (items.length || !token || tries === MOST_EMPTY) return { items, next: token };
  }
}
