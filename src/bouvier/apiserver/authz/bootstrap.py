"""The roles and bindings that every logical cluster starts with, made at start and completed by `refreshing`.

The user-facing roles and the system roles carry Kubernetes' names, so that charts and habits find them.
Source: Kubernetes "Using RBAC Authorization", default roles and role bindings.
"""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.authz.refreshing import AUTOUPDATE
from bouvier.meta.objects import Obj

API = "rbac.authorization.k8s.io"
READ = ["get", "list", "watch"]
WRITE = ["create", "delete", "deletecollection", "patch", "update"]
ALL = READ + WRITE
LABELS = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def rule(verbs: list[str], groups: list[str], resources: list[str], names: list[str] | None = None) -> dict[str, Any]:
    """Return one policy rule."""
    made: dict[str, Any] = {"verbs": verbs, "apiGroups": groups, "resources": resources}
    return made | ({"resourceNames": names} if names else {})


def paths(verbs: list[str], urls: list[str]) -> dict[str, Any]:
    """Return one rule on paths outside the resources."""
    return {"verbs": verbs, "nonResourceURLs": urls}


EVENTS = rule(["create", "patch", "update"], ["", "events.k8s.io"], ["events"])

BUILDING, IMAGES = "build.openshift.io", "image.openshift.io"
ROUTING, PROJECTS = "route.openshift.io", "project.openshift.io"

_NAMESPACED_READ = [
    rule(
        READ,
        [""],
        [
            "bindings",
            "configmaps",
            "endpoints",
            "events",
            "limitranges",
            "namespaces",
            "namespaces/status",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "pods/log",
            "pods/status",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
            "serviceaccounts",
            "services",
            "services/status",
        ],
    ),
    rule(READ, ["discovery.k8s.io"], ["endpointslices"]),
    rule(
        READ,
        ["apps"],
        [
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
    ),
    rule(READ, ["autoscaling"], ["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
    rule(READ, ["batch"], ["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
    rule(READ, ["policy"], ["poddisruptionbudgets", "poddisruptionbudgets/status"]),
    rule(READ, ["networking.k8s.io"], ["ingresses", "ingresses/status", "networkpolicies"]),
    rule(READ, ["resource.k8s.io"], ["resourceclaims", "resourceclaims/status", "resourceclaimtemplates"]),
    rule(READ, [BUILDING], ["buildconfigs", "builds", "builds/log"]),
    rule(READ, [IMAGES], ["imagestreams", "imagestreams/status", "imagestreamtags"]),
    rule(["get"], [IMAGES], ["imagestreams/layers"]),
    rule(READ, [ROUTING], ["routes", "routes/status"]),
    rule(["get", "watch"], [PROJECTS], ["projects"]),
    rule(READ, ["hooks.bouvier.io"], ["receivers", "receivercalls"]),
    rule(READ, ["autoscaling.bouvier.io"], ["scalingschedules"]),
    rule(READ, ["snapshot.storage.k8s.io"], ["volumesnapshots", "volumesnapshots/status"]),
    rule(READ, ["storage.bouvier.io"], ["volumereverts", "volumereverts/status"]),
]

_NAMESPACED_WRITE = [
    rule(READ, [""], ["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
    rule(["impersonate"], [""], ["serviceaccounts"]),
    rule(WRITE, [""], ["pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"]),
    rule(["create"], [""], ["pods/eviction", "serviceaccounts/token"]),
    rule(
        WRITE,
        [""],
        [
            "configmaps",
            "endpoints",
            "events",
            "persistentvolumeclaims",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
    ),
    rule(
        WRITE,
        ["apps"],
        [
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    rule(WRITE, ["autoscaling"], ["horizontalpodautoscalers"]),
    rule(WRITE, ["batch"], ["cronjobs", "jobs"]),
    rule(WRITE, ["policy"], ["poddisruptionbudgets"]),
    rule(WRITE, ["networking.k8s.io"], ["ingresses", "networkpolicies"]),
    rule(WRITE, ["resource.k8s.io"], ["resourceclaims", "resourceclaimtemplates"]),
    rule(WRITE, ["snapshot.storage.k8s.io"], ["volumesnapshots"]),
    rule(WRITE, ["storage.bouvier.io"], ["volumereverts"]),
    rule(ALL, ["coordination.k8s.io"], ["leases"]),
    # A stack holds variables and files that may be secret: not for those who only look.
    rule(ALL, ["stacks.bouvier.io"], ["stacks", "stacks/status"]),
    rule(WRITE, [BUILDING], ["buildconfigs", "builds"]),
    rule(["create"], [BUILDING], ["buildconfigs/instantiate", "buildconfigs/instantiatebinary", "builds/clone"]),
    rule(["create"], [BUILDING], ["buildconfigs/webhooks"]),
    rule(WRITE, [IMAGES], ["imagestreams"]),
    rule(["update"], [IMAGES], ["imagestreams/layers"]),
    rule(["create"], [IMAGES], ["imagestreammappings"]),
    rule(WRITE, [ROUTING], ["routes"]),
    # Who writes a hook must also be allowed what it does; calls made by hand only ask what one would do.
    rule(WRITE, ["hooks.bouvier.io"], ["receivers"]),
    rule(["create"], ["hooks.bouvier.io"], ["receivercalls"]),
    rule(WRITE, ["autoscaling.bouvier.io"], ["scalingschedules"]),
]

_NAMESPACED_ADMIN = [
    rule(["create"], ["authorization.k8s.io"], ["localsubjectaccessreviews"]),
    rule(ALL, [API], ["rolebindings", "roles"]),
    rule(["delete", "patch", "update"], [PROJECTS], ["projects"]),
]

_NODE = [
    rule(["create", "get", "list", "watch"], [""], ["nodes"]),
    rule(["update", "patch"], [""], ["nodes", "nodes/status"]),
    rule(["create"], ["node.bouvier.io"], ["nodes/tunnel"]),
    rule([*READ, "create", "delete"], [""], ["pods"]),
    rule(["update", "patch"], [""], ["pods/status"]),
    rule(["create"], [""], ["pods/eviction", "serviceaccounts/token"]),
    rule(
        ["get", "list", "watch"],
        [""],
        ["secrets", "configmaps", "services", "endpoints", "namespaces", "serviceaccounts"],
    ),
    rule(READ, ["discovery.k8s.io"], ["endpointslices"]),
    rule(READ, ["networking.k8s.io"], ["ingresses", "ingressclasses", "networkpolicies"]),
    rule(READ, [ROUTING], ["routes"]),
    rule(ALL, ["coordination.k8s.io"], ["leases"]),
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
    rule([*READ, "create"], ["certificates.k8s.io"], ["certificatesigningrequests"]),
    rule([*READ, "create", "patch", "update"], ["network.bouvier.io"], ["peerreports", "trafficreports"]),
    EVENTS,
]

_SCHEDULER = [
    rule(
        READ,
        [""],
        [
            "nodes",
            "pods",
            "namespaces",
            "persistentvolumeclaims",
            "persistentvolumes",
            "services",
            "replicationcontrollers",
        ],
    ),
    rule(["create"], [""], ["bindings", "pods/binding"]),
    rule(["delete"], [""], ["pods"]),
    rule(["patch", "update"], [""], ["pods/status"]),
    rule(READ, ["apps"], ["replicasets", "statefulsets"]),
    rule(READ, ["policy"], ["poddisruptionbudgets"]),
    rule(["patch", "update"], [""], ["persistentvolumeclaims"]),
    rule(READ, ["storage.k8s.io"], ["storageclasses"]),
    rule(READ, ["snapshot.storage.k8s.io"], ["volumesnapshotcontents", "volumesnapshots"]),
    rule(ALL, ["coordination.k8s.io"], ["leases"]),
    EVENTS,
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
    rule(["create"], ["discovery.k8s.io"], ["endpointslices"]),
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

_DISCOVERY = [
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
]
_PUBLIC = ["/healthz", "/livez", "/readyz", "/version", "/version/"]

AGGREGATED = {"admin": "aggregate-to-admin", "edit": "aggregate-to-edit", "view": "aggregate-to-view"}
"""Roles that are gathered from all roles with a label, so that new kinds can bring their own rules along."""
CONTRIBUTES = {"edit": "aggregate-to-admin", "view": "aggregate-to-edit"}
"""Aggregated roles that are part of the next larger one."""

CLUSTER_ROLES: dict[str, list[dict[str, Any]]] = {
    "cluster-admin": [rule(["*"], ["*"], ["*"]), paths(["*"], ["*"])],
    "system:aggregate-to-admin": _NAMESPACED_ADMIN,
    "system:aggregate-to-edit": _NAMESPACED_WRITE,
    "system:aggregate-to-view": _NAMESPACED_READ,
    "admin": _NAMESPACED_READ + _NAMESPACED_WRITE + _NAMESPACED_ADMIN,
    "edit": _NAMESPACED_READ + _NAMESPACED_WRITE,
    "view": _NAMESPACED_READ,
    "system:discovery": [paths(["get"], _DISCOVERY)],
    "system:public-info-viewer": [paths(["get"], _PUBLIC)],
    "system:basic-user": [
        rule(["create"], ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
        rule(["create"], ["authentication.k8s.io"], ["selfsubjectreviews"]),
        rule(["list"], [PROJECTS], ["projects"]),
    ],
    "system:webhook": [rule(["create", "get"], [BUILDING], ["buildconfigs/webhooks"])],
    "self-provisioner": [rule(["create"], [PROJECTS], ["projectrequests"])],
    "system:builder": _BUILDER,
    "system:node": _NODE,
    "system:kube-scheduler": _SCHEDULER,
    "system:kube-controller-manager": _CONTROLLERS,
    "system:node-bootstrapper": [
        rule([*READ, "create"], ["certificates.k8s.io"], ["certificatesigningrequests"]),
    ],
    "system:cluster-driver": [rule(["*"], ["*"], ["*"]), paths(["*"], ["*"])],
    "system:cluster-watcher": _CLUSTER_WATCHER,
    "system:hooks": _HOOKS,
    "system:auth-delegator": [
        rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
        rule(["create"], ["authorization.k8s.io"], ["subjectaccessreviews"]),
    ],
    "bouvier:audit-reader": [rule(["list"], ["audit.bouvier.io"], ["auditevents"])],
}


def _group(name: str) -> dict[str, str]:
    return {"kind": "Group", "apiGroup": API, "name": name}


def _user(name: str) -> dict[str, str]:
    return {"kind": "User", "apiGroup": API, "name": name}


CLUSTER_ROLE_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "cluster-admin": ("cluster-admin", [_group("system:masters")]),
    "system:discovery": ("system:discovery", [_group("system:authenticated")]),
    "system:public-info-viewer": (
        "system:public-info-viewer",
        [_group("system:authenticated"), _group("system:unauthenticated")],
    ),
    "system:basic-user": ("system:basic-user", [_group("system:authenticated")]),
    "system:webhooks": ("system:webhook", [_group("system:authenticated"), _group("system:unauthenticated")]),
}
"""Bindings of every logical cluster."""

LOCAL_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "system:node": ("system:node", [_group("system:nodes")]),
    "system:catalog": ("cluster-admin", [_user("system:catalog")]),
    "system:builder": ("system:builder", [_user("system:builder")]),
    "self-provisioners": ("self-provisioner", [_group("system:authenticated:oauth")]),
    "system:hooks": ("system:hooks", [_user("system:hooks")]),
    "bouvier:node-bootstrapper": ("system:node-bootstrapper", [_group("system:bootstrappers")]),
    "system:kube-scheduler": ("system:kube-scheduler", [_user("system:kube-scheduler")]),
    "system:kube-controller-manager": ("system:kube-controller-manager", [_user("system:kube-controller-manager")]),
    "system:cluster-watcher": ("system:cluster-watcher", [_user("system:cluster-driver")]),
}
OTHER_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "system:cluster-driver": ("system:cluster-driver", [_user("system:cluster-driver")]),
}
"""The actors of `local`, its hosts among them, are nobody in other clusters: there the driver does everything."""


def objects(cluster: str = "local", hosts_group: str = "") -> list[Obj]:
    """Return every default role and binding of a logical cluster, ready to be created.

    `hosts_group` is the group of the cluster's hosts where it is a native one other than `local`.
    """
    made: list[Obj] = []
    for name, rules in CLUSTER_ROLES.items():
        made.append(_role(name, rules))
    own = LOCAL_BINDINGS if cluster == "local" else OTHER_BINDINGS
    if hosts_group:
        own = own | {
            "system:node": ("system:node", [_group(hosts_group)]),
            "bouvier:node-bootstrapper": ("system:node-bootstrapper", [_group("system:bootstrappers")]),
        }
    for name, (role, subjects) in (CLUSTER_ROLE_BINDINGS | own).items():
        reference = {"apiGroup": API, "kind": "ClusterRole", "name": role}
        made.append(_object("ClusterRoleBinding", name) | {"roleRef": reference, "subjects": subjects})
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


def _object(kind: str, name: str) -> Obj:
    metadata = {"name": name, "labels": LABELS, "annotations": {AUTOUPDATE: "true"}}
    return {"apiVersion": f"{API}/v1", "kind": kind, "metadata": metadata}
