import { describe, expect, it } from "vitest";
import { LANGUAGES, load } from "../i18n/texts";
import { type AuditEvent, deed, isDone, singular, what, where, who, why } from "./audit";

const deleted: AuditEvent = {
  metadata: { name: "1" },
  auditID: "1",
  stage: "ResponseComplete",
  verb: "delete",
  stageTimestamp: "2026-03-01T12:00:00.000000Z",
  requestURI: "/apis/apps/v1/namespaces/shop/deployments/web?x=1",
  user: { username: "alice" },
  objectRef: { resource: "deployments", namespace: "shop", name: "web" },
  responseStatus: { code: 200 },
  annotations: { "authorization.k8s.io/reason": 'RBAC: allowed by RoleBinding "b/shop" of Role "r" to User "alice"' },
};

await load("fr");

describe("sentences", () => {
  it("say who did what, where and why it was allowed", () => {
    expect(deed(deleted)).toBe("audit.did.delete");
    expect([what(deleted), where(deleted)]).toEqual(["deployment web", "shop"]);
    expect(why(deleted)).toBe('allowed by RoleBinding "b/shop" of Role "r" to User "alice"');
    expect(who({ ...deleted, impersonatedUser: { username: "bob" } }).values).toEqual({ name: "alice", other: "bob" });
  });

  it("say what was only tried", () => {
    const refused = { ...deleted, responseStatus: { code: 403, message: "no" } };
    expect([isDone(refused), deed(refused), why(refused)]).toEqual([false, "audit.tried.delete", "no"]);
  });

  it("know commands, subresources and paths", () => {
    const pod = { resource: "pods", name: "p", subresource: "exec" };
    expect(deed({ ...deleted, verb: "create", objectRef: pod })).toBe("audit.did.exec");
    expect(what({ ...deleted, objectRef: { ...pod, subresource: "scale" } })).toBe("pod p (scale)");
    expect(what({ ...deleted, verb: "post", objectRef: undefined })).toBe(
      "/apis/apps/v1/namespaces/shop/deployments/web",
    );
    expect(deed({ ...deleted, verb: "post" })).toBe("audit.did.other");
  });

  it("name one of many", () => {
    const plurals = ["ingresses", "networkpolicies", "pods", "endpoints", "storageclasses"];
    expect(plurals.map(singular)).toEqual(["ingress", "networkpolicy", "pod", "endpoints", "storageclass"]);
  });

  it("exist for every verb in every language", () => {
    for (const { entries } of Object.values(LANGUAGES)) {
      expect(entries["audit.did.exec"]).toContain("{what}");
    }
  });
});
