"""What one window holds: from pods, hosts, claims, counters and measurements to ledger rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bouvier.billing.ledger import Counter, CounterKey, HostCapacity, PodUsage, TrafficUsage, VolumeUsage
from bouvier.meta.objects import Obj, is_condition_true, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.quantities import millis, whole
from bouvier.util.clock import parse_time

WINDOW_SECONDS = 30
"""Short enough that a report shows a new application within a minute; a pod makes a million rows in a year."""

Measured = Mapping[tuple[str, str], tuple[int, int]]
"""Thousandths of a processor and bytes in use, by `(namespace, pod)`."""


class Gone(NamedTuple):
    """A pod that was removed, as it was seen last."""

    pod: Obj
    at: float
    """When it was seen to be gone."""


def window_before(now: float) -> int:
    """Return the start of the newest window that has ended."""
    return (int(now) // WINDOW_SECONDS - 1) * WINDOW_SECONDS


def pod_rows(
    cluster: str, pods: Iterable[Obj], measured: Measured, start: int, gone: Iterable[Gone] = ()
) -> list[PodUsage]:
    """Return a row for each pod that held a host in the window, also for those that left during it."""
    present = [(pod, 0.0) for pod in pods]
    known = {uid_of(pod) for pod, _ in present}
    rows = []
    for pod, removed in present + [(each.pod, each.at) for each in gone if uid_of(each.pod) not in known]:
        seconds = seconds_in(pod, start, removed)
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


def seconds_in(pod: Obj, start: int, removed: float = 0.0) -> int:
    """Return for how long of the window a pod ran; one that came and went within a second counts for that second."""
    status = pod.get("status") or {}
    if not status.get("startTime"):
        return 0
    begun, behind = int(parse_time(status["startTime"]).timestamp()), start + WINDOW_SECONDS
    ended = min([moment for moment in (_finished(status), removed) if moment], default=float(behind))
    if status.get("phase") in ("Succeeded", "Failed") and not _finished(status):
        return 0  # it never ran a container
    if start <= begun < behind:
        ended = max(ended, begun + 1)
    return max(0, int(min(behind, ended)) - max(start, begun))


def _finished(status: Obj) -> float:
    """Return when the last container of a pod ended, 0 while one may run."""
    if status.get("phase") not in ("Succeeded", "Failed"):
        return 0.0
    ends = [
        ((container.get("state") or {}).get("terminated") or {}).get("finishedAt")
        for container in status.get("containerStatuses") or ()
    ]
    return max((parse_time(end).timestamp() for end in ends if end), default=0.0)


def _requested(pod: Obj, resource: str, number: Callable[[str], int]) -> int:
    total = 0
    for container in pod["spec"]["containers"]:
        text = ((container.get("resources") or {}).get("requests") or {}).get(resource)
        if text is not None:
            total += number(text)
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


def volume_rows(cluster: str, claims: Iterable[Obj], start: int) -> list[VolumeUsage]:
    """Return a row for each claim that was bound; its size is what it got, not what it asked for."""
    rows = []
    for claim in claims:
        status = claim.get("status") or {}
        size = (status.get("capacity") or {}).get("storage")
        begun = int(parse_time(claim["metadata"]["creationTimestamp"]).timestamp())
        seconds = min(WINDOW_SECONDS, start + WINDOW_SECONDS - begun)
        if status.get("phase") == "Bound" and size and seconds > 0:
            rows.append(
                VolumeUsage(
                    cluster, namespace_of(claim), name_of(claim), uid_of(claim), labels_of(claim), seconds, whole(size)
                )
            )
    return rows


class Traffic(NamedTuple):
    """What the balancers carried since it was counted last, and how far it is counted now."""

    rows: list[TrafficUsage]
    counters: dict[CounterKey, Counter]


def traffic_rows(
    cluster: str,
    reports: Iterable[Obj],
    counted: Mapping[CounterKey, Counter],
    labels: Callable[[str, str], dict[str, str]],
) -> Traffic:
    """Return what counters grew by; those of a new epoch began at zero.

    `labels` gives the labels of a Service, by namespace and name.
    """
    made = Traffic([], {})
    for report in reports:
        host, epoch = name_of(report), report.get("epoch", "")
        for entry in report.get("services") or ():
            key = (host, entry["namespace"], entry["name"])
            now = Counter(epoch, entry["received"], entry["sent"])
            before = counted.get(key, Counter(epoch, 0, 0))
            if before == now:
                continue
            if before.epoch != epoch:
                before = Counter(epoch, 0, 0)
            received, sent = (max(0, one - other) for one, other in zip(now[1:], before[1:], strict=True))
            made.counters[key] = now
            if received or sent:
                found = labels(key[1], key[2])
                made.rows.append(TrafficUsage(cluster, key[1], key[2], host, found, received, sent))
    return made
