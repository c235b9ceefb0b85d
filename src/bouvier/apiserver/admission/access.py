"""Limits that RBAC rules cannot say: what a host's agent may touch, and that nobody gives away more than they hold."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.storage_hosts import STORAGE, is_of_host
from bouvier.apiserver.authz.rbac import GROUP
from bouvier.apiserver.authz.rules import MASTERS, Attributes, text, uncovered
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

NODE_PREFIX = "system:node:"
EVERYTHING = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]


async def node_restriction(operation: Operation) -> None:
    """Keep an agent to its own host, its lease and the pods bound to it.

    Source: Kubernetes "Admission Control", NodeRestriction.
    """
    user = operation.call.request.user.name
    if not user.startswith(NODE_PREFIX):
        return
    node, target = user[len(NODE_PREFIX) :], operation.call.target
    resource = operation.resource
    subject = operation.obj or operation.old or {}
    name = target.name or subject.get("metadata", {}).get("name", "")
    allowed = True
    if resource in (
        ("", "nodes"),
        ("coordination.k8s.io", "leases"),
        ("network.bouvier.io", "peerreports"),
        ("network.bouvier.io", "trafficreports"),
    ):
        allowed = name == node
    elif resource == ("", "pods"):
        pod = operation.old or operation.obj or {}
        allowed = pod.get("spec", {}).get("nodeName") == node
    elif resource in STORAGE:
        allowed = is_of_host(operation, node)
    if not allowed:
        raise _not_yours(operation, name, f'node "{node}" is not allowed to change it')
    if resource == ("", "pods") and operation.subresource == "status" and _moves_pod(operation):
        raise _not_yours(operation, name, f'node "{node}" cannot update labels through pod status')


def _moves_pod(operation: Operation) -> bool:
    """Tell whether a report about a pod would make other controllers or services take it for theirs."""
    new, old = operation.obj or {}, operation.old or {}
    fields = ("labels", "ownerReferences", "finalizers")
    return any((new["metadata"].get(field) or None) != (old["metadata"].get(field) or None) for field in fields)


def _not_yours(operation: Operation, name: str, detail: str) -> ApiError:
    return ApiError(
        "Forbidden",
        f'{operation.call.group_resource} "{name}" is forbidden: {detail}',
        details={"name": name, "kind": operation.resource[1]},
    )


@concerns(*((GROUP, plural) for plural in ("roles", "clusterroles", "rolebindings", "clusterrolebindings")))
async def no_escalation(operation: Operation) -> None:
    """Refuse roles and bindings that hand out permissions which the writer does not have.

    Source: Kubernetes "Using RBAC Authorization", privilege escalation prevention.
    """
    group, plural = operation.resource
    user = operation.call.request.user
    if group != GROUP or operation.verb not in ("create", "update") or MASTERS in user.groups or operation.obj is None:
        return
    old = operation.old or {}
    new = operation.obj
    authorizer, cluster = operation.call.context.authorizer, operation.call.cluster
    namespace = operation.call.target.namespace
    is_role = plural in ("roles", "clusterroles")
    if all(new.get(f) == old.get(f) for f in ("rules", "aggregationRule", "subjects", "roleRef")):
        return
    rules = new.get("rules") or [] if is_role else authorizer.role_rules(cluster, new.get("roleRef") or {}, namespace)
    if new.get("aggregationRule"):  # may come to hold anything
        rules = [*rules, *EVERYTHING]
    verb = "escalate" if is_role else "bind"
    subject = plural if is_role else _role_plural(new)
    name = new["metadata"].get("name", "") if is_role else (new.get("roleRef") or {}).get("name", "")
    if authorizer.allowed(cluster, user, Attributes(verb, GROUP, subject, namespace, name)):
        return
    missing = uncovered(rules, authorizer.rules(cluster, user, namespace))
    if missing:
        listed = "\n".join(text(rule) for rule in missing)
        raise ApiError(
            "Forbidden",
            f'{operation.call.group_resource} "{new["metadata"].get("name", "")}" is forbidden: user "{user.name}"'
            f" (groups={list(user.groups)}) is attempting to grant RBAC permissions not currently held:\n{listed}",
            details={"name": new["metadata"].get("name", ""), "group": GROUP, "kind": plural},
        )


def _role_plural(binding: Obj) -> str:
    return "clusterroles" if (binding.get("roleRef") or {}).get("kind") == "ClusterRole" else "roles"
