"""Clusters as the command shows them (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouvier.meta import quantities
from bouvier.meta.objects import Obj, condition_of, name_of

GIB = 1024**3


def describe(cluster: Obj) -> dict[str, Any]:
    """Return what is known of a cluster."""
    status = cluster.get("status") or {}
    ready = condition_of(cluster, "Ready") or {}
    return {
        "name": name_of(cluster),
        "driver": cluster["spec"]["driver"],
        "state": "Ready" if ready.get("status") == "True" else ready.get("reason", "Pending"),
        "message": ready.get("message", ""),
        "version": status.get("version", ""),
        "hosts": status.get("hosts") or [],
        "capacity": status.get("capacity") or {},
        "allocatable": status.get("allocatable") or {},
        "capabilities": status.get("capabilities") or [],
        "groups": status.get("groups") or [],
    }


def totals(clusters: Sequence[Obj]) -> dict[str, Any]:
    """Return hosts and capacity over all clusters."""
    shown = [describe(cluster) for cluster in clusters]
    millis = sum(quantities.millis(c["capacity"].get("cpu", "0")) for c in shown)
    memory = sum(quantities.whole(c["capacity"].get("memory", "0")) for c in shown)
    return {
        "clusters": len(shown),
        "hosts": sum(len(c["hosts"]) for c in shown),
        "readyHosts": sum(host["ready"] for c in shown for host in c["hosts"]),
        "cpu": f"{millis}m" if millis % 1000 else str(millis // 1000),
        "memory": f"{memory // 1024}Ki",
    }


def as_table(clusters: Sequence[Obj]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return columns and rows, the sums last."""
    rows = [_row(describe(cluster)) for cluster in clusters]
    sums = totals(clusters)
    hosts = f"{sums['readyHosts']}/{sums['hosts']}"
    rows.append(("total", "", "", "", hosts, sums["cpu"], _gib(sums["memory"])))
    return ("NAME", "DRIVER", "STATE", "VERSION", "HOSTS", "CPU", "MEMORY"), rows


def _row(shown: dict[str, Any]) -> tuple[str, ...]:
    hosts = f"{sum(host['ready'] for host in shown['hosts'])}/{len(shown['hosts'])}"
    capacity = shown["capacity"]
    memory = _gib(capacity.get("memory", "0"))
    return (shown["name"], shown["driver"], shown["state"], shown["version"], hosts, capacity.get("cpu", ""), memory)


def _gib(quantity: str) -> str:
    return f"{quantities.whole(quantity) / GIB:.1f}Gi"
