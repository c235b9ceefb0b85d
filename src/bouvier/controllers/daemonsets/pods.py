"""The pods of a DaemonSet: how they are made, and for which host each is (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.controllers.runtime.names import generated
from bouvier.controllers.workloads.pods import from_template
from bouvier.controllers.workloads.revisions import REVISION_HASH
from bouvier.meta.objects import Obj, labels_of, name_of, owner_reference

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
BY_NAME = "metadata.name"
OUTAGES = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
"""Troubles of a host that daemons stay through: they are part of the host."""
NO_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")
"""Tolerated by daemons that use the host's own network: they may be what brings the pods' one."""


def tolerations(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the template's own tolerations and those that every daemon has."""
    own = list(spec.get("tolerations") or ())
    wanted = [*OUTAGES, *([NO_NETWORK] if spec.get("hostNetwork") else [])]
    added = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in wanted]
    return own + [each for each in added if each not in own]


def new_pod(daemon_set: Obj, host: str, revision_hash: str) -> Obj:
    """Return the pod for one host."""
    base = name_of(daemon_set) + "-"
    pod = from_template(daemon_set["spec"]["template"], daemon_set, owner_reference(daemon_set), generated(base))
    pod["metadata"]["labels"] = {**labels_of(pod), REVISION_HASH: revision_hash}
    spec = pod["spec"]
    pod["spec"] = {**spec, "affinity": pinned(spec.get("affinity"), host), "tolerations": tolerations(spec)}
    return pod


def pinned(affinity: Mapping[str, Any] | None, host: str) -> dict[str, Any]:
    """Return the affinity with one required term in place of all: this host. The others were judged when it was chosen."""
    term = {"matchFields": [{"key": BY_NAME, "operator": "In", "values": [host]}]}
    node_affinity = {**((affinity or {}).get("nodeAffinity") or {}), REQUIRED: {"nodeSelectorTerms": [term]}}
    return {**(affinity or {}), "nodeAffinity": node_affinity}


def host_of(pod: Obj) -> str:
    """Return the host that the pod has or demands, empty if it demands none."""
    if pod["spec"].get("nodeName"):
        return str(pod["spec"]["nodeName"])
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    for term in (affinity.get(REQUIRED) or {}).get("nodeSelectorTerms") or ():
        for demand in term.get("matchFields") or ():
            if demand.get("key") == BY_NAME and demand.get("operator") == "In" and len(demand["values"]) == 1:
                return str(demand["values"][0])
    return ""


def by_age(pods: list[Obj]) -> list[Obj]:
    """Return pods with those that have a host first, then the oldest first."""
    return sorted(
        pods,
        key=lambda pod: (
            not pod["spec"].get("nodeName"),
            pod["metadata"].get("creationTimestamp") or "",
            name_of(pod),
        ),
    )
