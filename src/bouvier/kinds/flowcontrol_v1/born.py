"""The flow control objects that every API server starts with: mandatory ones, and suggested ones that users may change.

Source: the tables of defaults in https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouvier.meta.objects import Obj

GROUP = "flowcontrol.apiserver.k8s.io"
API_VERSION = f"{GROUP}/v1"
AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec"
"""Annotation that says whether a suggested object follows the server's version of it."""
EXEMPT, CATCH_ALL = "exempt", "catch-all"
"""Names of the mandatory objects of both kinds."""

_EVERYBODY = ("system:unauthenticated", "system:authenticated")
_LEADER_VERBS = ("get", "create", "update")
_CONTROLLERS, _SCHEDULER = "system:kube-controller-manager", "system:kube-scheduler"


def _level(name: str, spec: dict[str, Any]) -> Obj:
    return {
        "apiVersion": API_VERSION,
        "kind": "PriorityLevelConfiguration",
        "metadata": {"name": name, "annotations": {AUTO_UPDATE: "true"}},
        "spec": spec,
    }


def _queued(name: str, shares: int, lendable: int, *, queues: int, hand: int = 6) -> Obj:
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": 50}
    limited = {
        "nominalConcurrencyShares": shares,
        "lendablePercent": lendable,
        "limitResponse": {"type": "Queue", "queuing": queuing},
    }
    return _level(name, {"type": "Limited", "limited": limited})


def _schema(name: str, level: str, precedence: int, method: str, rules: list[dict[str, Any]]) -> Obj:
    spec: dict[str, Any] = {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": rules,
    }
    if method:
        spec["distinguisherMethod"] = {"type": method}
    return {
        "apiVersion": API_VERSION,
        "kind": "FlowSchema",
        "metadata": {"name": name, "annotations": {AUTO_UPDATE: "true"}},
        "spec": spec,
    }


def _groups(*names: str) -> list[dict[str, Any]]:
    return [{"kind": "Group", "group": {"name": name}} for name in names]


def _users(*names: str) -> list[dict[str, Any]]:
    return [{"kind": "User", "user": {"name": name}} for name in names]


def _system_accounts(*names: str) -> list[dict[str, Any]]:
    accounts = [{"name": name, "namespace": "kube-system"} for name in names]
    return [{"kind": "ServiceAccount", "serviceAccount": account} for account in accounts]


def _on(
    verbs: Sequence[str], group: str, resources: Sequence[str], namespaces: Sequence[str], *, cluster: bool
) -> dict[str, Any]:
    rule: dict[str, Any] = {"verbs": list(verbs), "apiGroups": [group], "resources": list(resources)}
    if cluster:
        rule["clusterScope"] = True
    return rule | {"namespaces": list(namespaces)}


def _everything(subjects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "subjects": subjects,
            "resourceRules": [_on("*", "*", "*", "*", cluster=True)],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
        }
    ]


def _some(subjects: list[dict[str, Any]], *rules: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"subjects": subjects, "resourceRules": list(rules)}]


_LEASES = _on(_LEADER_VERBS, "coordination.k8s.io", ("leases",), ("*",), cluster=False)
_ENDPOINTS = _on(_LEADER_VERBS, "", ("endpoints",), ("*",), cluster=False)
_PROBES = {"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}

MANDATORY_LEVELS = (
    _level(EXEMPT, {"type": "Exempt", "exempt": {"nominalConcurrencyShares": 0, "lendablePercent": 0}}),
    _level(
        CATCH_ALL,
        {
            "type": "Limited",
            "limited": {"nominalConcurrencyShares": 5, "lendablePercent": 0, "limitResponse": {"type": "Reject"}},
        },
    ),
)
SUGGESTED_LEVELS = (
    _queued("system", 30, 33, queues=64),
    _queued("node-high", 40, 25, queues=64),
    _queued("leader-election", 10, 0, queues=16, hand=4),
    _queued("workload-high", 40, 50, queues=128),
    _queued("workload-low", 100, 90, queues=128),
    _queued("global-default", 20, 50, queues=128),
)
MANDATORY_SCHEMAS = (
    _schema(EXEMPT, EXEMPT, 1, "", _everything(_groups("system:masters"))),
    _schema(CATCH_ALL, CATCH_ALL, 10_000, "ByUser", _everything(_groups(*_EVERYBODY))),
)
SUGGESTED_SCHEMAS = (
    _schema("probes", EXEMPT, 2, "", [{"subjects": _groups(*_EVERYBODY), "nonResourceRules": [_PROBES]}]),
    _schema(
        "system-leader-election",
        "leader-election",
        100,
        "ByUser",
        _some(_users(_CONTROLLERS, _SCHEDULER) + _system_accounts("*"), _LEASES),
    ),
    _schema(
        "endpoint-controller",
        "workload-high",
        150,
        "ByUser",
        _some(
            _users(_CONTROLLERS) + _system_accounts("endpoint-controller", "endpointslicemirroring-controller"),
            _ENDPOINTS,
        ),
    ),
    _schema("workload-leader-election", "leader-election", 200, "ByUser", _some(_system_accounts("*"), _LEASES)),
    _schema(
        "system-node-high",
        "node-high",
        400,
        "ByUser",
        _some(
            _groups("system:nodes"),
            _on("*", "", ("nodes", "nodes/status"), "*", cluster=True),
            _on("*", "coordination.k8s.io", ("leases",), "*", cluster=False),
        ),
    ),
    _schema("system-nodes", "system", 500, "ByUser", _everything(_groups("system:nodes"))),
    _schema("kube-controller-manager", "workload-high", 800, "ByNamespace", _everything(_users(_CONTROLLERS))),
    _schema("kube-scheduler", "workload-high", 800, "ByNamespace", _everything(_users(_SCHEDULER))),
    _schema("kube-system-service-accounts", "workload-high", 900, "ByNamespace", _everything(_system_accounts("*"))),
    _schema("service-accounts", "workload-low", 9_000, "ByUser", _everything(_groups("system:serviceaccounts"))),
    _schema("global-default", "global-default", 9_900, "ByUser", _everything(_groups(*_EVERYBODY))),
)
