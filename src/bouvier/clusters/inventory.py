"""Hosts and capacity of a cluster as the status of its Cluster object (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bouvier.clusters.driver import Group, Host
from bouvier.clusters.sync.nodes import PODS
from bouvier.controllers.workloads.deployment_status import condition, set_condition
from bouvier.meta import quantities
from bouvier.meta.objects import Obj, is_condition_true, name_of

COUNTED = ("cpu", "memory", "pods")


def of_nodes(nodes: Sequence[Obj]) -> list[dict[str, Any]]:
    """Return the hosts that Node objects stand for."""
    return [
        {
            "name": name_of(node),
            "ready": is_condition_true(node, "Ready"),
            "schedulable": not node["spec"].get("unschedulable", False),
            "capacity": _amounts((node.get("status") or {}).get("capacity") or {}),
            "allocatable": _amounts((node.get("status") or {}).get("allocatable") or {}),
        }
        for node in sorted(nodes, key=name_of)
    ]


def of_hosts(hosts: Sequence[Host]) -> list[dict[str, Any]]:
    """Return the hosts of an orchestrator."""
    return [
        {
            "name": host.name,
            "ready": host.ready,
            "schedulable": host.availability == "active",
            "capacity": amounts,
            "allocatable": amounts,
        }
        for host in sorted(hosts, key=lambda host: host.name)
        for amounts in ({"cpu": f"{host.cpu_millis}m", "memory": f"{host.memory_bytes // 1024}Ki", "pods": PODS},)
    ]


def _amounts(given: dict[str, str]) -> dict[str, str]:
    return {name: str(given[name]) for name in COUNTED if name in given}


def _group(group: Group) -> dict[str, Any]:
    return {name: list(value) if name != "name" else value for name, value in asdict(group).items() if value}


def total(hosts: Sequence[dict[str, Any]], field: str = "capacity") -> dict[str, str]:
    """Return what the ready hosts hold together."""
    ready = [host[field] for host in hosts if host["ready"]]
    cpu = sum(quantities.millis(host.get("cpu", "0")) for host in ready)
    memory = sum(quantities.whole(host.get("memory", "0")) for host in ready)
    pods = sum(quantities.whole(host.get("pods", "0")) for host in ready)
    return {
        "cpu": str(cpu // 1000) if cpu % 1000 == 0 else f"{cpu}m",
        "memory": f"{memory // 1024}Ki",
        "pods": str(pods),
    }


def status(
    cluster: Obj,
    version: str,
    hosts: Sequence[dict[str, Any]] | None,
    *,
    error: str,
    capabilities: Sequence[str],
    now: datetime,
    groups: Sequence[Group] = (),
) -> dict[str, Any]:
    """Return the status of a Cluster; without `hosts` those known before stay, marked by the condition."""
    before = cluster.get("status") or {}
    known = list(before.get("hosts") or ()) if hosts is None else list(hosts)
    if error:
        ready = condition("Ready", "False", "Unreachable", error[:1000])
    elif not known:
        ready = condition("Ready", "False", "NoHosts", "the cluster is reachable and has no host yet")
    else:
        ready = condition(
            "Ready", "True", "Reachable", f"{sum(h['ready'] for h in known)} of {len(known)} hosts are ready"
        )
    conditions = set_condition(list(before.get("conditions") or ()), ready, now)
    trimmed = [{k: v for k, v in c.items() if k != "lastUpdateTime"} for c in conditions]
    made = {
        "version": version or before.get("version", ""),
        "hosts": known,
        "capacity": total(known),
        "allocatable": total(known, "allocatable"),
        "capabilities": list(capabilities),
        "groups": [_group(group) for group in groups] if hosts is not None else before.get("groups", []),
        "conditions": trimmed,
        "observedGeneration": cluster["metadata"].get("generation", 0),
    }
    return {name: value for name, value in made.items() if value not in ("", [])}
