"""What a StatefulSet reports (pure)."""

from __future__ import annotations

from typing import Any

from bouvier.controllers.statefulsets.identity import revision_of
from bouvier.controllers.statefulsets.plan import Observed
from bouvier.controllers.workloads.pods import is_available, is_ready, phase_of
from bouvier.meta.objects import is_deleting, name_of


def status(observed: Observed) -> dict[str, Any]:
    """Return the status; an update that all pods have reached makes its revision the current one."""
    stateful_set = observed.stateful_set
    current, update = name_of(observed.current), name_of(observed.update)
    wait = stateful_set["spec"].get("minReadySeconds") or 0
    ready = [pod for pod in observed.pods if phase_of(pod) == "Running" and is_ready(pod)]
    staying = [revision_of(pod) for pod in observed.pods if not is_deleting(pod)]
    updated = staying.count(update)
    if _is_rolling(observed) and updated == len(observed.pods) == len(ready):
        current = update
    new: dict[str, Any] = {
        "observedGeneration": stateful_set["metadata"].get("generation", 0),
        "replicas": len(observed.pods),
        "availableReplicas": sum(is_available(pod, wait, observed.now) for pod in ready),
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": (stateful_set.get("status") or {}).get("collisionCount") or 0,
    }
    counts = {"readyReplicas": len(ready), "currentReplicas": staying.count(current), "updatedReplicas": updated}
    return new | {name: count for name, count in counts.items() if count}


def _is_rolling(observed: Observed) -> bool:
    strategy = observed.stateful_set["spec"].get("updateStrategy") or {}
    return bool(strategy.get("type", "RollingUpdate") == "RollingUpdate")
