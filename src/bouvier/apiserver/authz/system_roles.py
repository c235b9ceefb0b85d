"""The original's `system:` roles and their bindings: charts and habits expect them, with exactly these rights.

Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
"""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.authz.rule_forms import ALL, EVENTS, READ, account, group, paths, rule, user

CSRS = "certificates.k8s.io"
_REVIEWS = [
    rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
    rule(["create"], ["authorization.k8s.io"], ["subjectaccessreviews"]),
]
_HEALTH = ["/healthz", "/livez", "/readyz"]
_PUBLIC = [*_HEALTH, "/version", "/version/"]
_DISCOVERY = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_PUBLIC]

NODE_RULES: list[dict[str, Any]] = [
    rule(["create"], ["authentication.k8s.io"], ["tokenreviews"]),
    rule(["create"], ["authorization.k8s.io"], ["localsubjectaccessreviews", "subjectaccessreviews"]),
    rule(READ, [""], ["services"]),
    rule([*READ, "create"], [""], ["nodes"]),
    rule(["patch", "update"], [""], ["nodes/status"]),
    rule(["patch", "update"], [""], ["nodes"]),
    rule(["create", "patch", "update"], [""], ["events"]),
    rule(READ, [""], ["pods"]),
    rule(["create", "delete"], [""], ["pods"]),
    rule(["patch", "update"], [""], ["pods/status"]),
    rule(["create"], [""], ["pods/eviction"]),
    rule(READ, [""], ["configmaps", "secrets"]),
    rule(["get"], [""], ["persistentvolumeclaims", "persistentvolumes"]),
    rule(["get"], [""], ["endpoints"]),
    rule([*READ, "create"], [CSRS], ["certificatesigningrequests"]),
    rule(["get", "create", "update", "patch", "delete"], ["coordination.k8s.io"], ["leases"]),
    rule(["get"], ["storage.k8s.io"], ["volumeattachments"]),
    rule(["create"], [""], ["serviceaccounts/token"]),
    rule(["get"], [""], ["serviceaccounts"]),
    rule(["get", "patch", "update"], [""], ["persistentvolumeclaims/status"]),
    rule(READ, ["storage.k8s.io"], ["csidrivers"]),
    rule(["get", "create", "update", "patch", "delete"], ["storage.k8s.io"], ["csinodes"]),
    rule(READ, ["node.k8s.io"], ["runtimeclasses"]),
    rule(["get"], ["resource.k8s.io"], ["resourceclaims"]),
    rule(ALL, ["resource.k8s.io"], ["resourceslices"]),
    rule(READ, [CSRS], ["clustertrustbundles"]),
]
"""What a host may; which objects of these, the node authorizer decides."""


def _leader(name: str) -> list[dict[str, Any]]:
    return [
        rule(["create"], ["coordination.k8s.io"], ["leases"]),
        rule(["get", "update"], ["coordination.k8s.io"], ["leases"], [name]),
    ]


_SCHEDULER = [
    EVENTS,
    *_leader("kube-scheduler"),
    rule(READ, [""], ["nodes"]),
    rule([*READ, "delete"], [""], ["pods"]),
    rule(["create"], [""], ["bindings", "pods/binding"]),
    rule(["patch", "update"], [""], ["pods/status"]),
    rule(READ, [""], ["replicationcontrollers", "services"]),
    rule(READ, ["apps", "extensions"], ["replicasets"]),
    rule(READ, ["apps"], ["statefulsets"]),
    rule(READ, ["policy"], ["poddisruptionbudgets"]),
    rule(READ, [""], ["persistentvolumeclaims", "persistentvolumes"]),
    *_REVIEWS,
    rule(READ, ["storage.k8s.io"], ["csinodes"]),
    rule(READ, [""], ["namespaces"]),
    rule(READ, ["storage.k8s.io"], ["csidrivers"]),
    rule(READ, ["storage.k8s.io"], ["csistoragecapacities"]),
    rule(READ, ["storage.k8s.io"], ["volumeattachments"]),
    rule([*READ, "patch", "update"], ["resource.k8s.io"], ["resourceclaims"]),
    rule(["patch", "update"], ["resource.k8s.io"], ["resourceclaims/status"]),
    rule(READ, ["resource.k8s.io"], ["deviceclasses", "resourceslices"]),
]
_CONTROLLERS = [
    EVENTS,
    *_leader("kube-controller-manager"),
    rule(["create"], [""], ["secrets", "serviceaccounts"]),
    rule(["delete"], [""], ["secrets"]),
    rule(["get"], [""], ["configmaps", "namespaces", "secrets", "serviceaccounts"]),
    rule(["update"], [""], ["secrets", "serviceaccounts"]),
    *_REVIEWS,
    rule(["list", "watch"], ["*"], ["*"]),
    rule(["create"], [""], ["serviceaccounts/token"]),
]


def _approver(signer: str) -> tuple[str, list[dict[str, Any]]]:
    return f"system:certificates.k8s.io:{signer}-approver", [
        rule(["approve"], [CSRS], ["signers"], [f"kubernetes.io/{signer}"])
    ]


def _requester(subresource: str) -> tuple[str, list[dict[str, Any]]]:
    wanted = f"certificatesigningrequests/{subresource}"
    return f"system:certificates.k8s.io:certificatesigningrequests:{subresource}", [rule(["create"], [CSRS], [wanted])]


SIGNERS = ("kube-apiserver-client", "kube-apiserver-client-kubelet", "kubelet-serving", "legacy-unknown")

SYSTEM_ROLES: dict[str, list[dict[str, Any]]] = {
    "system:discovery": [paths(["get"], sorted(_DISCOVERY))],
    "system:public-info-viewer": [paths(["get"], _PUBLIC)],
    "system:basic-user": [
        rule(["create"], ["authorization.k8s.io"], ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
        rule(["create"], ["authentication.k8s.io"], ["selfsubjectreviews"]),
    ],
    "system:monitoring": [
        paths(
            ["get"], [*_HEALTH, *(f"{path}/*" for path in _HEALTH), "/metrics", "/metrics/slis", "/statusz", "/flagz"]
        )
    ],
    "system:auth-delegator": _REVIEWS,
    "system:kube-aggregator": [rule(READ, [""], ["endpoints", "services"])],
    "system:kube-scheduler": _SCHEDULER,
    "system:volume-scheduler": [
        rule([*READ, "patch", "update"], [""], ["persistentvolumes"]),
        rule(READ, ["storage.k8s.io"], ["storageclasses"]),
        rule([*READ, "patch", "update"], [""], ["persistentvolumeclaims"]),
    ],
    "system:kube-controller-manager": _CONTROLLERS,
    "system:kube-dns": [rule(["list", "watch"], [""], ["endpoints", "services"])],
    "system:heapster": [
        rule(READ, [""], ["events", "namespaces", "nodes", "pods"]),
        rule(READ, ["extensions"], ["deployments"]),
    ],
    "system:kubelet-api-admin": [
        rule(READ, [""], ["nodes"]),
        rule(["proxy"], [""], ["nodes"]),
        rule(
            ["*"],
            [""],
            [f"nodes/{part}" for part in ("configz", "healthz", "log", "metrics", "pods", "proxy", "stats")],
        ),
    ],
    "system:node": NODE_RULES,
    "system:node-bootstrapper": [rule([*READ, "create"], [CSRS], ["certificatesigningrequests"])],
    "system:node-problem-detector": [
        rule(["get"], [""], ["nodes"]),
        rule(["patch"], [""], ["nodes/status"]),
        EVENTS,
    ],
    "system:node-proxier": [
        rule(["list", "watch"], [""], ["endpoints", "services"]),
        rule(READ, [""], ["nodes"]),
        EVENTS,
        rule(["list", "watch"], ["discovery.k8s.io"], ["endpointslices"]),
        rule(["list", "watch"], ["networking.k8s.io"], ["servicecidrs"]),
    ],
    "system:persistent-volume-provisioner": [
        rule([*READ, "create", "delete"], [""], ["persistentvolumes"]),
        rule([*READ, "update"], [""], ["persistentvolumeclaims"]),
        rule(READ, ["storage.k8s.io"], ["storageclasses"]),
        rule(["watch"], [""], ["events"]),
        EVENTS,
    ],
    "system:service-account-issuer-discovery": [
        paths(
            ["get"],
            [
                "/.well-known/openid-configuration",
                "/.well-known/openid-configuration/",
                "/openid/v1/jwks",
                "/openid/v1/jwks/",
            ],
        )
    ],
    "system:cluster-trust-bundle-discovery": [rule(READ, [CSRS], ["clustertrustbundles"])],
    **dict(map(_approver, SIGNERS)),
    **dict(map(_requester, ("nodeclient", "selfnodeclient"))),
}

_EVERYBODY = [group("system:authenticated"), group("system:unauthenticated")]
SYSTEM_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "cluster-admin": ("cluster-admin", [group("system:masters")]),
    "system:discovery": ("system:discovery", [group("system:authenticated")]),
    "system:public-info-viewer": ("system:public-info-viewer", _EVERYBODY),
    "system:basic-user": ("system:basic-user", [group("system:authenticated")]),
    "system:monitoring": ("system:monitoring", [group("system:monitoring")]),
    "system:kube-dns": ("system:kube-dns", [account("kube-system", "kube-dns")]),
    "system:node-proxier": ("system:node-proxier", [user("system:kube-proxy")]),
    "system:node": ("system:node", []),
    "system:service-account-issuer-discovery": (
        "system:service-account-issuer-discovery",
        [group("system:serviceaccounts")],
    ),
}
"""Bindings of every logical cluster. That of `system:node` has no subject: the node authorizer stands in its place."""

LOCAL_SYSTEM_BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "system:kube-scheduler": ("system:kube-scheduler", [user("system:kube-scheduler")]),
    "system:volume-scheduler": ("system:volume-scheduler", [user("system:kube-scheduler")]),
    "system:kube-controller-manager": ("system:kube-controller-manager", [user("system:kube-controller-manager")]),
}
"""Bindings of the platform's own actors, who are nobody in other clusters."""
