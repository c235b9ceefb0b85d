"""One inventory of the hosts of all clusters: what they have, what is reserved on them, what is used.

Hosts and capacity are those that each Cluster reports. Reserved is what the pods there request; used comes from the
metrics API where the cluster has one. Clusters are asked side by side and each for a short time only: one that is away
is shown with what was known of it, and without the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bouvier.cli.cluster_view import describe
from bouvier.client import Client
from bouvier.meta import quantities
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import PODS
from bouvier.scheduler.requests import pod_requests

ASKING_SECONDS = 3.0
NODE_METRICS = Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False)
ENDED = ("Succeeded", "Failed")
GIBIBYTE = 1024**3
Amounts = dict[str, int]
"""`cpu` in thousandths, `memory` in bytes, `pods`."""


async def take(client: Client, clusters: Sequence[Obj]) -> dict[str, Any]:
    """Return the inventory of these clusters."""
    parts = await asyncio.gather(*(_ask(client, cluster) for cluster in clusters))
    found = [part_of(cluster, pods, metrics) for cluster, (pods, metrics) in zip(clusters, parts, strict=True)]
    return {"clusters": found, "total": _sum(found)}


async def _ask(client: Client, cluster: Obj) -> tuple[list[Obj] | None, list[Obj] | None]:
    """Return the pods and node metrics of a cluster; None for what it does not tell in time."""
    own = Client.connect(replace(client.endpoint, cluster=name_of(cluster)), user_agent="bouvier-cli")
    pods = metrics = None
    try:
        with contextlib.suppress(ApiError, ConnectionError, TimeoutError):
            async with asyncio.timeout(ASKING_SECONDS):
                pods = (await own.list_all(PODS)).items
                metrics = (await own.list_all(NODE_METRICS)).items
    finally:
        await own.close()
    return pods, metrics


def part_of(cluster: Obj, pods: Sequence[Obj] | None, metrics: Sequence[Obj] | None) -> dict[str, Any]:
    """Return one cluster's part (pure)."""
    shown = describe(cluster)
    reserved = None if pods is None else _reserved(pods)
    used = None if metrics is None else {name_of(one): _amounts(one.get("usage") or {}) for one in metrics}
    hosts = [_host(host, reserved, used) for host in shown["hosts"]]
    kept = {name: shown[name] for name in ("name", "driver", "state", "message", "version")}
    ready = [host for host in hosts if host["ready"]]
    totals = {name: _added([host[name] for host in ready]) for name in ("capacity", "reserved", "used")}
    return {**kept, "complete": pods is not None, "hosts": hosts, **totals}


def _host(host: dict[str, Any], reserved: dict[str, Amounts] | None, used: dict[str, Amounts] | None) -> dict[str, Any]:
    name = host["name"]
    return {
        **{field: host.get(field) for field in ("name", "ready", "schedulable")},
        "capacity": _amounts(host.get("capacity") or {}),
        "reserved": None if reserved is None else reserved.get(name, {"cpu": 0, "memory": 0, "pods": 0}),
        "used": None if used is None else used.get(name),
    }


def _amounts(given: dict[str, str]) -> Amounts:
    made = {"cpu": quantities.millis(given.get("cpu", "0")), "memory": quantities.whole(given.get("memory", "0"))}
    return made | ({"pods": quantities.whole(given["pods"])} if "pods" in given else {})


def _reserved(pods: Iterable[Obj]) -> dict[str, Amounts]:
    found: dict[str, Amounts] = {}
    for pod in pods:
        host = pod["spec"].get("nodeName")
        if not host or (pod.get("status") or {}).get("phase") in ENDED:
            continue
        asked, own = pod_requests(pod["spec"]), found.setdefault(host, {"cpu": 0, "memory": 0, "pods": 0})
        own["cpu"] += int(asked.get("cpu", 0))
        own["memory"] += int(asked.get("memory", 0))
        own["pods"] += 1
    return found


def _added(parts: Sequence[Amounts | None]) -> Amounts | None:
    """Return the sum; None when not every part is known."""
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    return {name: sum(part.get(name, 0) for part in known) for name in ("cpu", "memory", "pods")}


def _sum(clusters: Sequence[dict[str, Any]]) -> dict[str, Any]:
    hosts = [host for cluster in clusters for host in cluster["hosts"]]
    known = [[c[name] for c in clusters if c[name] is not None] for name in ("capacity", "reserved", "used")]
    capacity, reserved, used = (_added(parts) for parts in known)
    counts = {"clusters": len(clusters), "hosts": len(hosts), "readyHosts": sum(bool(h["ready"]) for h in hosts)}
    unknown = [cluster["name"] for cluster in clusters if not cluster["complete"]]
    return counts | {"capacity": capacity, "reserved": reserved, "used": used, "notAnswering": unknown}


def rows_of(found: dict[str, Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return columns and rows, the sums last (pure)."""
    columns = ("CLUSTER", "DRIVER", "HOST", "STATE", "CPU", "RESERVED", "USED", "MEMORY", "RESERVED", "USED", "PODS")
    rows = []
    for cluster in found["clusters"]:
        for host in cluster["hosts"] or [{"name": "-", "ready": False, "capacity": {}, "reserved": None, "used": None}]:
            state = ("Ready" if host["ready"] else "NotReady") if cluster["state"] == "Ready" else cluster["state"]
            rows.append((cluster["name"], cluster["driver"], host["name"], state, *_cells(host)))
    total = found["total"]
    hosts = f"{total['readyHosts']}/{total['hosts']}"
    rows.append(("total", "", hosts, "", *_cells(total)))
    return columns, rows


def _cells(part: dict[str, Any]) -> tuple[str, ...]:
    amounts = [part.get(name) or {} for name in ("capacity", "reserved", "used")]
    cpu = [f"{one['cpu'] / 1000:.2f}" if "cpu" in one else "?" for one in amounts]
    memory = [f"{one['memory'] / GIBIBYTE:.2f}Gi" if "memory" in one else "?" for one in amounts]
    return (*cpu, *memory, str(amounts[1].get("pods", "?")))
