"""One pool over all clusters: what hosts have, what of it is reserved, used, wasted and idle. Pure.

| word | meaning |
|---|---|
| capacity | what ready hosts have |
| reserved | what pods that hold a host asked for |
| used | what was measured; unknown where a cluster measures nothing |
| wasted | what pods reserved and did not use |
| idle | what was neither reserved nor used: capacity less the larger of both, pod by pod |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, is_condition_true, labels_of, name_of, namespace_of
from bouvier.meta.quantities import millis, whole

IDLE = "(idle)"
NONE = "(none)"
GROUPINGS = "host, project, cluster or label:KEY"
_OVER = ("Succeeded", "Failed")


class Amount(NamedTuple):
    """Thousandths of a processor, and bytes of memory."""

    cpu: int = 0
    memory: int = 0

    def plus(self, other: Amount) -> Amount:
        """Return the sum of both."""
        return Amount(self.cpu + other.cpu, self.memory + other.memory)

    def less(self, other: Amount) -> Amount:
        """Return the difference, never below zero."""
        return Amount(max(0, self.cpu - other.cpu), max(0, self.memory - other.memory))

    def most(self, other: Amount) -> Amount:
        """Return the larger of both, for each resource."""
        return Amount(max(self.cpu, other.cpu), max(self.memory, other.memory))


class ClusterState(NamedTuple):
    """What was read of one cluster."""

    name: str
    driver: str
    nodes: list[Obj]
    pods: list[Obj]
    measured: dict[tuple[str, str], Amount] | None
    """By namespace and pod; None: the cluster measures nothing."""


class Share(NamedTuple):
    """What one key of the pool has."""

    capacity: Amount = Amount()
    reserved: Amount = Amount()
    used: Amount = Amount()
    wasted: Amount = Amount()
    taken: Amount = Amount()
    """The larger of reserved and used, pod by pod."""
    is_measured: bool = True

    def plus(self, other: Share) -> Share:
        """Return the sum of both; it is measured if both are."""
        return Share(
            self.capacity.plus(other.capacity),
            self.reserved.plus(other.reserved),
            self.used.plus(other.used),
            self.wasted.plus(other.wasted),
            self.taken.plus(other.taken),
            self.is_measured and other.is_measured,
        )

    @property
    def idle(self) -> Amount:
        """Return what nobody reserved or used."""
        return self.capacity.less(self.taken)

    def document(self) -> dict[str, Any]:
        """Return the share as JSON; what is not measured is null."""
        made: dict[str, Any] = {}
        for index, field in ((0, "cpuMillis"), (1, "memoryBytes")):
            made[field] = {"capacity": self.capacity[index], "reserved": self.reserved[index], "idle": self.idle[index]}
            made[field]["used"] = self.used[index] if self.is_measured else None
            made[field]["wasted"] = self.wasted[index] if self.is_measured else None
        return made


def pool(clusters: Iterable[ClusterState], by: str) -> dict[str, Share]:
    """Return the shares by `host` (of a cluster), `project`, `cluster` or `label:KEY`.

    By project and label, what hosts have belongs to nobody: it stands with what is idle on a line of its own.

    Raises:
        ValueError: for another grouping.
    """
    label = by.removeprefix("label:")
    if by not in ("host", "project", "cluster") and not (by.startswith("label:") and label):
        raise ValueError(f"cannot group by {by!r}: use {GROUPINGS}")
    found: dict[str, Share] = {}
    total = Share()
    for cluster in clusters:
        for key, share in _shares(cluster, by, label):
            found[key] = found.get(key, Share()).plus(share)
            total = total.plus(share)
    if by == "project" or by.startswith("label:"):
        found[IDLE] = Share(capacity=total.idle)
    return dict(sorted(found.items()))


def totals(clusters: Iterable[ClusterState]) -> Share:
    """Return the sum over all clusters."""
    total = Share()
    for share in pool(clusters, "cluster").values():
        total = total.plus(share)
    return total


def _shares(cluster: ClusterState, by: str, label: str) -> Iterable[tuple[str, Share]]:
    """Yield what hosts have, then what pods take of it."""
    is_measured = cluster.measured is not None
    for node in cluster.nodes:
        if not is_condition_true(node, "Ready"):
            continue
        share = Share(capacity=_capacity(node), is_measured=is_measured)
        if by == "host":
            yield f"{cluster.name}/{name_of(node)}", share
        elif by == "cluster":
            yield cluster.name, share
        else:
            yield IDLE, share
    for pod in cluster.pods:
        host = pod["spec"].get("nodeName", "")
        if host and (pod.get("status") or {}).get("phase") not in _OVER:
            keys = {"host": f"{cluster.name}/{host}", "project": namespace_of(pod), "cluster": cluster.name}
            yield keys.get(by) or labels_of(pod).get(label, NONE), _share_of(pod, cluster.measured)


def _share_of(pod: Obj, measured: dict[tuple[str, str], Amount] | None) -> Share:
    reserved = Amount()
    for container in pod["spec"].get("containers") or ():
        asked = (container.get("resources") or {}).get("requests") or {}
        reserved = reserved.plus(Amount(millis(asked.get("cpu", "0")), whole(asked.get("memory", "0"))))
    if measured is None:
        return Share(reserved=reserved, taken=reserved, is_measured=False)
    used = measured.get((namespace_of(pod), name_of(pod)))
    if used is None:  # just started: nothing is known to be wasted
        return Share(reserved=reserved, taken=reserved)
    return Share(reserved=reserved, used=used, wasted=reserved.less(used), taken=reserved.most(used))


def _capacity(node: Obj) -> Amount:
    capacity = (node.get("status") or {}).get("capacity") or {}
    return Amount(millis(capacity.get("cpu", "0")), whole(capacity.get("memory", "0")))
