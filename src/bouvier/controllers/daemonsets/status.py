"""Counts what a DaemonSet reports (pure)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bouvier.controllers.daemonsets.plan import DaemonSetPlan
from bouvier.controllers.daemonsets.rollout_plan import is_new
from bouvier.controllers.workloads.pods import is_available, is_ready
from bouvier.meta.objects import Obj


def status(daemon_set: Obj, made: DaemonSetPlan, revision_hash: str, now: datetime) -> dict[str, Any]:
    """Return the status; of a host with several pods the oldest one counts."""
    wait = daemon_set["spec"].get("minReadySeconds") or 0
    wanted = [host for host, judged in made.verdicts.items() if judged.wanted]
    first = [made.hosts[host][0] for host in wanted if made.hosts.get(host)]
    available = sum(is_available(pod, wait, now) for pod in first)
    new: dict[str, Any] = {
        "currentNumberScheduled": len(first),
        "numberMisscheduled": _misplaced(made),
        "desiredNumberScheduled": len(wanted),
        "numberReady": sum(is_ready(pod) for pod in first),
        "observedGeneration": daemon_set["metadata"].get("generation", 0),
    }
    counts = {
        "updatedNumberScheduled": sum(is_new(pod, revision_hash) for pod in first),
        "numberAvailable": available,
        "numberUnavailable": len(wanted) - available,
        "collisionCount": (daemon_set.get("status") or {}).get("collisionCount") or 0,
    }
    return new | {name: count for name, count in counts.items() if count}


def _misplaced(made: DaemonSetPlan) -> int:
    """Return how many hosts have a pod that they should not have."""
    return sum(bool(made.hosts.get(host)) for host, judged in made.verdicts.items() if not judged.wanted)
