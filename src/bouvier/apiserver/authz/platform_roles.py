"""What the platform's own actors may do beyond the original's roles: hosts, controllers, scheduler, builder, hooks, drivers."""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.authz.rule_forms import ALL, API, EVENTS, READ, group, paths, rule, user
from bouvier.apiserver.authz.user_roles import BUILDING, IMAGES, PROJECTS, ROUTING

_HOST = [
    # The host's network: who the other hosts are, and what leads where.
    rule(READ, [""], ["nodes", "services", "endpoints", "namespaces"]),
    rule(READ, ["discovery.k8s.io"], ["endpointslices"]),
    rule(READ, ["networking.k8s.io"], ["ingresses", "ingressclasses", "networkpolicies", "servicecidrs"]),
    rule(READ, [ROUTING], ["routes"]),
    rule([*READ, "create", "patch", "update"], ["network.bouvier.io"], ["peerreports", "trafficreports"]),
    rule(["create"], ["node.bouvier.io"], ["nodes/tunnel"]),
    # The host's own storage drivers make, measure and remove volumes.
    rule([*READ, "patch", "update"], [""], ["persistentvolumeclaims", "persistentvolumeclaims/status"]),
    rule([*READ, "create", "patch", "update"], [""], ["persistentvolumes", "persistentvolumes/status"]),
    rule(READ, ["storage.k8s.io"], ["storageclasses"]),
    rule(READ, ["snapshot.storage.k8s.io"], ["volumesnapshots", "volumesnapshotclasses"]),
    rule(
        [*READ, "patch", "update"],
        ["snapshot.storage.k8s.io"],
        ["volumesnapshotcontents", "volumesnapshotcontents/status"],
    ),
    rule([*READ, "patch", "update"], ["storage.bouvier.io"], ["volumereverts", "volumereverts/status"]),
    EVENTS,
]
"""Beside what the node authorizer allows. No Secrets, ConfigMaps, pods or tokens: those go by what is bound to the host."""

_SCHEDULER = [
    rule(READ, ["snapshot.storage.k8s.io"], ["volumesnapshotcontents", "volumesnapshots"]),
    rule(ALL, ["coordination.k8s.io"], ["leases"]),
]

_CONTROLLERS = [
    rule(["get", "list", "watch", "delete", "deletecollection", "patch", "update"], ["*"], ["*"]),
    rule(
        ["create"],
        [""],
        [
            "configmaps",
            "endpoints",
            "events",
            "persistentvolumeclaims",
            "persistentvolumes",
            "pods",
            "secrets",
            "serviceaccounts",
        ],
    ),
    rule(["create"], [""], ["pods/eviction", "serviceaccounts/token"]),
    rule(["create"], ["apps"], ["controllerrevisions", "replicasets"]),
    rule(["create"], ["batch"], ["jobs"]),
    rule(["escalate"], [API], ["clusterroles"]),
    rule(["approve", "attest", "sign"], ["certificates.k8s.io"], ["signers"]),
    rule(["create"], ["discovery.k8s.io"], ["endpointslices"]),
    rule(["create"], ["networking.k8s.io"], ["ipaddresses"]),
    rule(["create"], ["network.bouvier.io"], ["nodeportclaims"]),
    rule(["create"], ["coordination.k8s.io"], ["leases"]),
    rule(["create"], ["snapshot.storage.k8s.io"], ["volumesnapshotcontents"]),
    # What stacks are made of.
    rule(["create"], ["storage.k8s.io"], ["storageclasses"]),
    rule(["create"], [""], ["services"]),
    rule(["create"], ["apps"], ["daemonsets", "deployments"]),
    rule(["create"], ["networking.k8s.io"], ["ingresses"]),
    rule(["create"], [BUILDING], ["buildconfigs/instantiate"]),
    rule(["create"], [IMAGES], ["imagestreammappings"]),
    EVENTS,
    paths(["get"], ["*"]),
]

_BUILDER = [
    rule([*READ, "patch", "update"], [BUILDING], ["builds"]),
    rule([*READ], [IMAGES], ["imagestreams"]),
    rule(["get", "update"], [IMAGES], ["imagestreams/layers"]),
    rule(["create"], [IMAGES], ["imagestreammappings"]),
    rule(["get"], [""], ["secrets"]),
    EVENTS,
]
"""What the builder of the server's host may do: run Builds, fetch with their secrets, push and say so."""


_HOOKS = [
    rule(READ, ["hooks.bouvier.io"], ["receivers"]),
    rule([*READ, "delete"], ["hooks.bouvier.io"], ["receivercalls"]),
    rule(["patch"], ["hooks.bouvier.io"], ["receivers/status", "receivercalls/status"]),
    rule(["impersonate"], [""], ["users", "groups", "serviceaccounts"]),
    EVENTS,
]
"""What carries hooks out may write down what came of them; what they do, it does as their authors."""

_CLUSTER_WATCHER = [
    rule(READ, ["clusters.bouvier.io"], ["clusters"]),
    rule(["get", "patch", "update"], ["clusters.bouvier.io"], ["clusters/status"]),
    rule(READ, [""], ["nodes"]),
    rule(["get"], [""], ["secrets"]),
    EVENTS,
]
"""What the drivers' process may do in `local`: read what clusters there are and how to reach them, and report."""

PLATFORM_ROLES: dict[str, list[dict[str, Any]]] = {
    "bouvier:host": _HOST,
    "bouvier:scheduler": _SCHEDULER,
    "bouvier:controllers": _CONTROLLERS,
    "bouvier:basic-user": [rule(["list"], [PROJECTS], ["projects"])],
    "system:webhook": [rule(["create", "get"], [BUILDING], ["buildconfigs/webhooks"])],
    "self-provisioner": [rule(["create"], [PROJECTS], ["projectrequests"])],
    "system:builder": _BUILDER,
    "system:cluster-driver": [rule(["*"], ["*"], ["*"]), paths(["*"], ["*"])],
    "system:cluster-watcher": _CLUSTER_WATCHER,
    "system:hooks": _HOOKS,
    "bouvier:audit-reader": [rule(["list"], ["audit.bouvier.io"], ["auditevents"])],
}

PLATFORM_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "bouvier:basic-user": ("bouvier:basic-user", [group("system:authenticated")]),
    "system:webhooks": ("system:webhook", [group("system:authenticated"), group("system:unauthenticated")]),
}
"""Bindings of every logical cluster."""

LOCAL_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "bouvier:host": ("bouvier:host", [group("system:nodes")]),
    "bouvier:scheduler": ("bouvier:scheduler", [user("system:kube-scheduler")]),
    "bouvier:controllers": ("bouvier:controllers", [user("system:kube-controller-manager")]),
    "system:catalog": ("cluster-admin", [user("system:catalog")]),
    "system:builder": ("system:builder", [user("system:builder")]),
    "self-provisioners": ("self-provisioner", [group("system:authenticated:oauth")]),
    "system:hooks": ("system:hooks", [user("system:hooks")]),
    "bouvier:node-bootstrapper": ("system:node-bootstrapper", [group("system:bootstrappers")]),
    "system:cluster-watcher": ("system:cluster-watcher", [user("system:cluster-driver")]),
}
OTHER_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "system:cluster-driver": ("system:cluster-driver", [user("system:cluster-driver")]),
}
"""The actors of `local`, its hosts among them, are nobody in other clusters: there the driver does everything."""


def native_bindings(hosts_group: str) -> dict[str, tuple[str, list[dict[str, str]]]]:
    """Return the bindings of a native cluster other than `local`, whose hosts are a group of their own."""
    return {
        "bouvier:host": ("bouvier:host", [group(hosts_group)]),
        "bouvier:node-bootstrapper": ("system:node-bootstrapper", [group("system:bootstrappers")]),
    }
