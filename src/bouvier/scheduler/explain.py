"""Why a pod was refused, host by host and in one line.

The line is Kubernetes': every host is counted under the reasons of the first filter that refuses it. The list beside it
names for every host what would help, which Kubernetes does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, key_of, labels_of, name_of
from bouvier.scheduler.cycle import Evaluation
from bouvier.scheduler.filters import ALL_FILTERS, volumes
from bouvier.scheduler.filters.base import Filter
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.snapshot import Snapshot

FINISHED = frozenset({"Succeeded", "Failed"})
"""Pod phases that hold nothing of a host any more."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """Why no host takes pods of a shape."""

    message: str
    """Kubernetes' line."""
    filters: frozenset[str]
    """Names of the filters that refused hosts: what has to change for another try to be worth it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one host does not take the pod."""

    host: str
    filter: str
    reasons: tuple[str, ...]
    help: str
    """What would make the host fit."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the scheduler thinks of a pod."""

    pod: str
    assigned: str
    """Host that it is on already, empty while it waits."""
    message: str
    """The reason why it waits, or where it would go."""
    chosen: str
    """Host that it would be placed on now; empty when there is none."""
    hosts: int
    points: dict[str, float]
    """Total score of each host that may take it."""
    refusals: tuple[Refusal, ...]


def refusals(snapshot: Snapshot, shape: Shape) -> Refusals:
    """Return why no host takes pods of that shape."""
    total = len(snapshot.row_of)
    if shape.unsupported:
        return Refusals(f"0/{total} nodes are available: {shape.unsupported}.", frozenset({"Unsupported"}))
    if not total:
        return Refusals("no nodes available to schedule pods", frozenset({"NoNodes"}))
    if troubles := volumes.troubles(snapshot, shape):
        return Refusals(f"0/{total} nodes are available: {', '.join(troubles)}.", frozenset({volumes.NAME}))
    counts: dict[str, int] = {}
    names = set()
    for current, refused in _by_first_filter(snapshot, shape):
        names.add(current.NAME)
        for reason in current.explain(snapshot, shape, refused):
            counts[reason.text] = counts.get(reason.text, 0) + int(reason.hosts.sum())
    parts = sorted(f"{count} {text}" for text, count in counts.items())
    message = f"0/{total} nodes are available: {', '.join(parts)}."
    return Refusals(message, frozenset(names))


def explain(
    pod: Obj,
    nodes: Iterable[Obj],
    pods: Iterable[Obj],
    namespaces: Iterable[Obj] = (),
    storage: Iterable[tuple[Resource, Obj]] = (),
) -> Explanation:
    """Return what the scheduler would do with a pod among these objects, and why.

    `pods` may hold the pod itself. `namespaces` are needed only for terms with a namespaceSelector,
    `storage` (objects of `volumes.RESOURCES`) only for a pod with claims.
    """
    snapshot = snapshot_of(nodes, [other for other in pods if key_of(other) != key_of(pod)], namespaces)
    for resource, obj in storage:
        snapshot.volumes.set(resource, obj)
    shape = snapshot.shapes.shape_of(pod)
    evaluation = Evaluation(snapshot, shape)
    chosen = evaluation.choose() or ""
    assigned = pod["spec"].get("nodeName") or ""
    feasible: list[int] = [] if shape.unsupported else np.flatnonzero(evaluation.feasible).tolist()
    return Explanation(
        pod=key_of(pod),
        assigned=assigned,
        message=_message(snapshot, shape, pod, chosen),
        chosen=chosen,
        hosts=len(snapshot.row_of),
        points={snapshot.names[row]: float(evaluation.total[row]) for row in feasible},
        refusals=tuple(host_refusals(snapshot, shape)),
    )


def snapshot_of(nodes: Iterable[Obj], pods: Iterable[Obj], namespaces: Iterable[Obj] = ()) -> Snapshot:
    """Return a snapshot of these objects; finished pods and pods without a host take no room."""
    snapshot = Snapshot()
    for namespace in namespaces:
        snapshot.set_namespace(name_of(namespace), labels_of(namespace))
    for node in nodes:
        snapshot.set_node(node)
    for pod in pods:
        if pod["spec"].get("nodeName") and (pod.get("status") or {}).get("phase") not in FINISHED:
            snapshot.set_pod(pod)
    return snapshot


def host_refusals(snapshot: Snapshot, shape: Shape) -> list[Refusal]:
    """Return every host that does not take the pod, by name, with what would help."""
    found = []
    for current, refused in _by_first_filter(snapshot, shape):
        reasons = current.explain(snapshot, shape, refused)
        for row in np.flatnonzero(refused).tolist():
            texts = tuple(reason.text for reason in reasons if reason.hosts[row])
            found.append(Refusal(snapshot.names[row], current.NAME, texts, current.remedy(snapshot, shape, row)))
    return sorted(found, key=lambda refusal: refusal.host)


def _by_first_filter(snapshot: Snapshot, shape: Shape) -> list[tuple[Filter, Mask]]:
    """Return each filter with the hosts that it is the first to refuse."""
    left = snapshot.present.copy()
    found = []
    for current in ALL_FILTERS:
        passed = current.check(snapshot, shape)
        refused = left & ~passed
        if refused.any():
            found.append((current, refused))
        left &= passed
    return found


def _message(snapshot: Snapshot, shape: Shape, pod: Obj, chosen: str) -> str:
    assigned = pod["spec"].get("nodeName")
    if assigned:
        return f"already assigned to {assigned}"
    gates = [gate.get("name", "") for gate in pod["spec"].get("schedulingGates") or ()]
    if gates:
        return f"waits for its scheduling gates to be removed: {', '.join(gates)}"
    return f"would be assigned to {chosen}" if chosen else refusals(snapshot, shape).message
