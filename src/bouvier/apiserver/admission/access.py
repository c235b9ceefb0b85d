"""Nobody gives away more than they hold: roles and bindings are judged by what their writer may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.authz.rbac import GROUP
from bouvier.apiserver.authz.rules import MASTERS, Attributes, text, uncovered
from bouvier.meta.errors import ApiError, not_found
from bouvier.meta.objects import Obj

EVERYTHING = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]


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
    if rules is None and not authorizer.allowed(cluster, user, _bind(new, namespace)):
        raise not_found(f"{_role_plural(new)}.{GROUP}", (new.get("roleRef") or {}).get("name", ""))
    rules = rules or []
    if new.get("aggregationRule"):  # may come to hold anything
        rules = [*rules, *EVERYTHING]
    own_name = new["metadata"].get("name", "")
    needed = Attributes("escalate", GROUP, plural, namespace, own_name) if is_role else _bind(new, namespace)
    if authorizer.allowed(cluster, user, needed):
        return
    missing = uncovered(rules, authorizer.rules(cluster, user, namespace))
    if missing:
        listed = "\n".join(text(rule) for rule in missing)
        raise ApiError(
            "Forbidden",
            f'{operation.call.group_resource} "{new["metadata"].get("name", "")}" is forbidden: user "{user.name}"'
            f" (groups=[{' '.join(_quoted(user.groups))}]) is attempting to grant RBAC permissions not currently held:\n{listed}",
            details={"name": new["metadata"].get("name", ""), "group": GROUP, "kind": plural},
        )


def _bind(binding: Obj, namespace: str) -> Attributes:
    """Return the permission to hand out the role of a binding without holding its rules."""
    name = (binding.get("roleRef") or {}).get("name", "")
    return Attributes("bind", GROUP, _role_plural(binding), namespace, name)


def _quoted(texts: Iterable[str]) -> Iterator[str]:
    return (f'"{text}"' for text in texts)


def _role_plural(binding: Obj) -> str:
    return "clusterroles" if (binding.get("roleRef") or {}).get("kind") == "ClusterRole" else "roles"
