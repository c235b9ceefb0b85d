"""Decides which pods nobody else will ever remove."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from bouvier.controllers.nodes.taint_eviction_plan import no_execute
from bouvier.meta.objects import Obj, is_condition_true, is_deleting

MOST_FINISHED = 12_500
"""Finished pods that are kept for their logs and status, Kubernetes' default."""
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


@dataclass(frozen=True, slots=True)
class Leftovers:
    """Pods to remove, by why."""

    hostless: list[Obj] = field(default_factory=list)
    """Bound to a Node that does not exist."""
    unscheduled: list[Obj] = field(default_factory=list)
    """Being deleted before they had a host that could end them."""
    out_of_service: list[Obj] = field(default_factory=list)
    """Being deleted on a host of which an administrator says that it is switched off."""
    finished: list[Obj] = field(default_factory=list)
    """The oldest of too many that have ended."""


def leftovers(
    pods: Iterable[Obj], node_of: Callable[[str], Obj | None], most_finished: int = MOST_FINISHED
) -> Leftovers:
    """Sort out the pods that must be removed."""
    found, finished = Leftovers(), []
    for pod in pods:
        host = pod["spec"].get("nodeName") or ""
        node = node_of(host) if host else None
        if host and node is None:
            found.hostless.append(pod)
        elif not host and is_deleting(pod):
            found.unscheduled.append(pod)
        elif node is not None and is_deleting(pod) and _is_out_of_service(node):
            found.out_of_service.append(pod)
        elif (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed") and not is_deleting(pod):
            finished.append(pod)
    finished.sort(key=lambda pod: (pod["metadata"].get("creationTimestamp") or "", pod["metadata"]["name"]))
    found.finished.extend(finished[: max(len(finished) - most_finished, 0)])
    return found


def _is_out_of_service(node: Obj) -> bool:
    marked = any(taint["key"] == OUT_OF_SERVICE for taint in no_execute(node))
    return marked and not is_condition_true(node, "Ready")
