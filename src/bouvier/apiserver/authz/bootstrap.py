"""The roles and bindings that every logical cluster starts with, made at start and completed by `refreshing`.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.authz.platform_roles import (
    LOCAL_BINDINGS,
    OTHER_BINDINGS,
    PLATFORM_BINDINGS,
    PLATFORM_ROLES,
    native_bindings,
)
from bouvier.apiserver.authz.refreshing import AUTOUPDATE
from bouvier.apiserver.authz.rule_forms import API, READ, group, paths, rule, user
from bouvier.apiserver.authz.system_roles import LOCAL_SYSTEM_BINDINGS, SYSTEM_BINDINGS, SYSTEM_ROLES
from bouvier.apiserver.authz.user_roles import ADMIN, EDIT, VIEW
from bouvier.meta.objects import Obj

LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}
AGGREGATED = {"admin": "aggregate-to-admin", "edit": "aggregate-to-edit", "view": "aggregate-to-view"}
"""Roles that are gathered from all roles with a label, so that new kinds can bring their own rules along."""
CONTRIBUTES = {"edit": "aggregate-to-admin", "view": "aggregate-to-edit"}
"""Aggregated roles that are part of the next larger one."""

CLUSTER_ROLES: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": [rule(["*"], ["*"], ["*"]), paths(["*"], ["*"])],
    "system:aggregate-to-admin": ADMIN,
    "system:aggregate-to-edit": EDIT,
    "system:aggregate-to-view": VIEW,
    "admin": VIEW + EDIT + ADMIN,
    "edit": VIEW + EDIT,
    "view": VIEW,
    **SYSTEM_ROLES,
    **PLATFORM_ROLES,
}

_FRONT_PROXY = "extension-apiserver-authentication"
READER = f"{_FRONT_PROXY}-reader"
ROLES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("kube-system", READER): [rule(READ, [""], ["configmaps"], [_FRONT_PROXY])],
    ("kube-system", "bouvier:platform-facts"): [rule(["get"], [""], ["configmaps"], ["bouvier-platform"])],
    ("kube-system", "system::leader-locking-kube-controller-manager"): [
        rule(["watch"], [""], ["configmaps"]),
        rule(["get", "update"], [""], ["configmaps"], ["kube-controller-manager"]),
    ],
    ("kube-system", "system::leader-locking-kube-scheduler"): [
        rule(["watch"], [""], ["configmaps"]),
        rule(["get", "update"], [""], ["configmaps"], ["kube-scheduler"]),
    ],
}
"""Roles of a namespace, by namespace and name."""
ROLE_BINDINGS: dict[tuple[str, str], tuple[str, list[dict[str, str]]]] = {
    ("kube-system", f"system::{READER}"): (
        READER,
        [user("system:kube-controller-manager"), user("system:kube-scheduler")],
    ),
    ("kube-system", "system::leader-locking-kube-controller-manager"): (
        "system::leader-locking-kube-controller-manager",
        [user("system:kube-controller-manager")],
    ),
    ("kube-system", "system::leader-locking-kube-scheduler"): (
        "system::leader-locking-kube-scheduler",
        [user("system:kube-scheduler")],
    ),
}


def objects(cluster: str = "local", hosts_group: str = "") -> list[Obj]:
    """Return every default role and binding of a logical cluster, ready to be created.

    `hosts_group` is the group of the cluster's hosts where it is a native one other than `local`.
    """
    is_local = cluster == "local"
    made = [_role(name, rules) for name, rules in CLUSTER_ROLES.items()]
    own = (LOCAL_BINDINGS | LOCAL_SYSTEM_BINDINGS) if is_local else OTHER_BINDINGS
    if hosts_group:
        own = own | native_bindings(hosts_group)
    for name, (role, subjects) in (SYSTEM_BINDINGS | PLATFORM_BINDINGS | own).items():
        made.append(_binding(name, role, subjects))
    for (namespace, name), rules in ROLES.items():
        made.append(_object("Role", name, namespace) | {"rules": rules})
    for (namespace, name), (role, subjects) in (ROLE_BINDINGS if is_local else {}).items():
        made.append(_binding(name, role, subjects, namespace))
    hosts = hosts_group or ("system:nodes" if is_local else "")
    if hosts:
        name = "bouvier:platform-facts"
        made.append(_binding(name, name, [group(hosts)], "kube-system"))
    return made


def _role(name: str, rules: list[dict[str, Any]]) -> Obj:
    made = _object("ClusterRole", name) | {"rules": rules}
    label = CONTRIBUTES.get(name) or name.removeprefix("system:")
    if label in AGGREGATED.values():
        made["metadata"]["labels"] = {**LABELS, f"{API}/{label}": "true"}
    if name in AGGREGATED:
        selector = {"matchLabels": {f"{API}/{AGGREGATED[name]}": "true"}}
        made["aggregationRule"] = {"clusterRoleSelectors": [selector]}
    return made


def _binding(name: str, role: str, subjects: list[dict[str, str]], namespace: str = "") -> Obj:
    """Return the binding of a ClusterRole, or of a Role where there is a namespace."""
    prefix = "" if namespace else "Cluster"
    reference = {"apiGroup": API, "kind": f"{prefix}Role", "name": role}
    return _object(f"{prefix}RoleBinding", name, namespace) | {"roleRef": reference, "subjects": subjects}


def _object(kind: str, name: str, namespace: str = "") -> Obj:
    metadata: Obj = {"name": name, "labels": LABELS, "annotations": {AUTOUPDATE: "true"}}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": f"{API}/v1", "kind": kind, "metadata": metadata}
