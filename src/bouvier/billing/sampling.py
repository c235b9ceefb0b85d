"""What one window holds: from pods, hosts and measurements to ledger rows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bouvier.billing.ledger import HostCapacity, PodUsage
from bouvier.meta.objects import Obj, is_condition_true, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.quantities import millis, whole
from bouvier.util.clock import parse_time

WINDOW_SECONDS = 30
"""Short enough that a report shows a new application within a minute; a pod makes a million rows in a year."""

Measured = Mapping[tuple[str, str], tuple[int, int]]
"""Thousandths of a processor and bytes in use, by `(namespace, pod)`."""


def window_before(now: float) -> int:
    """Return the start of the newest window that has ended."""
    return (int(now) // WINDOW_SECONDS - 1) * WINDOW_SECONDS


def pod_rows(cluster: str, pods: Iterable[Obj], measured: Measured, start: int) -> list[PodUsage]:
    """Return a row for each pod that held a host in the window."""
    rows = []
    for pod in pods:
        seconds = _seconds_in(pod, start)
        host = pod["spec"].get("nodeName", "")
        if not seconds or not host:
            continue
        cpu, memory = measured.get((namespace_of(pod), name_of(pod)), (0, 0))
        rows.append(
            PodUsage(
                cluster,
                namespace_of(pod),
                name_of(pod),
                uid_of(pod),
                host,
                labels_of(pod),
                seconds,
                _requested(pod, "cpu", millis),
                cpu,
                _requested(pod, "memory", whole),
                memory,
            )
        )
    return rows


def _seconds_in(pod: Obj, start: int) -> int:
    """Return for how long of the window a pod ran."""
    status = pod.get("status") or {}
    begun = status.get("startTime")
    if not begun or status.get("phase") in ("Succeeded", "Failed"):
        return 0
    first = max(start, int(parse_time(begun).timestamp()))
    return max(0, start + WINDOW_SECONDS - first)


def _requested(pod: Obj, resource: str, number: object) -> int:
    total = 0
    for container in pod["spec"]["containers"]:
        text = ((container.get("resources") or {}).get("requests") or {}).get(resource)
        if text is not None:
            total += number(text)  # type: ignore[operator]
    return total


def host_rows(cluster: str, nodes: Iterable[Obj]) -> list[HostCapacity]:
    """Return a row for each host that was there."""
    rows = []
    for node in nodes:
        capacity = (node.get("status") or {}).get("capacity") or {}
        if is_condition_true(node, "Ready") and capacity:
            cpu, memory = millis(capacity.get("cpu", "0")), whole(capacity.get("memory", "0"))
            rows.append(HostCapacity(cluster, name_of(node), WINDOW_SECONDS, cpu, memory))
    return rows
