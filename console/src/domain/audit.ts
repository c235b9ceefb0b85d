// The audit log: who did what, as a sentence.
import { type Text, text } from "../i18n/texts";

export interface AuditEvent {
  metadata: { name: string };
  auditID: string;
  stage: string;
  verb: string;
  stageTimestamp: string;
  requestURI: string;
  userAgent?: string;
  sourceIPs?: string[];
  user: { username?: string };
  impersonatedUser?: { username?: string };
  objectRef?: { resource?: string; namespace?: string; name?: string; subresource?: string; apiGroup?: string };
  responseStatus?: { code?: number; reason?: string; message?: string };
  annotations?: Record<string, string>;
}

/** What to look for; empty texts do not limit anything. */
export interface AuditFilter {
  user?: string;
  verb?: string;
  resource?: string;
  name?: string;
}

export const VERBS = ["create", "update", "patch", "delete", "deletecollection", "get", "list", "watch"] as const;
type Verb = (typeof VERBS)[number];

const REASON = "authorization.k8s.io/reason";

/** Whether what was asked for has happened. */
export const isDone = ({ responseStatus }: AuditEvent): boolean => (responseStatus?.code ?? 0) < 400;

/** `alice`, or whom somebody acted as. */
export function who({ user, impersonatedUser }: AuditEvent): Text {
  const name = user.username || "–";
  if (!impersonatedUser?.username) return text("audit.who", { name });
  return text("audit.whoAs", { name, other: impersonatedUser.username });
}

/** `deployment web`, `pods`, or a path. */
export function what({ objectRef, requestURI }: AuditEvent): string {
  if (!objectRef?.resource) return requestURI.replace(/\?.*/, "");
  const { resource, name, subresource } = objectRef;
  const thing = name ? `${singular(resource)} ${name}` : resource;
  return subresource && subresource !== "exec" ? `${thing} (${subresource})` : thing;
}

export const where = ({ objectRef }: AuditEvent): string => objectRef?.namespace ?? "";

/** The pattern of the sentence: what was done, or only tried. */
export function deed(event: AuditEvent): `audit.${"did" | "tried"}.${Verb | "exec" | "other"}` {
  const tense = isDone(event) ? "did" : "tried";
  if (event.objectRef?.subresource === "exec") return `audit.${tense}.exec`;
  const verb = VERBS.find((one) => one === event.verb);
  return `audit.${tense}.${verb ?? "other"}`;
}

/** Why it was allowed, or the server's refusal. */
export function why(event: AuditEvent): string {
  if (!isDone(event)) return event.responseStatus?.message ?? event.responseStatus?.reason ?? "";
  return (event.annotations?.[REASON] ?? "").replace(/^RBAC: /, "");
}

/** `deployments` → `deployment`. */
export function singular(plural: string): string {
  if (plural.endsWith("ies")) return `${plural.slice(0, -3)}y`;
  if (/(ss|x|ch)es$/.test(plural)) return plural.slice(0, -2);
  return plural === "endpoints" ? plural : plural.replace(/s$/, "");
}
