"""How long a Job waits before it replaces a failed pod: ten seconds, doubled with every failure, six doublings at most.

Nothing is remembered: the delay is read from the pods that have ended, so a restart neither forgets nor repeats it.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bouvier.controllers.jobs.pods import finished_at, has_failed, has_succeeded, is_tracked
from bouvier.meta.objects import Obj, is_deleting

FIRST_SECONDS = 10.0
MOST_SECONDS = 600.0
"""Kubernetes' numbers."""


def delay_seconds(failures: int) -> float:
    """Return the delay after that many failures in a row."""
    return min(FIRST_SECONDS * 2.0 ** (failures - 1), MOST_SECONDS) if failures > 0 else 0.0


def seconds_left(job: Obj, pods: Sequence[Obj], now: datetime) -> float:
    """Return how long to wait before the next pod is made: by the failures since the last success."""
    success = max((finished_at(pod, now) for pod in pods if has_succeeded(pod)), default=None)
    failures = [finished_at(pod, now) for pod in pods if has_failed(job, pod) and not _is_withdrawn(pod)]
    recent = [moment for moment in failures if success is None or moment > success]
    return remaining(len(recent), max(recent), now) if recent else 0.0


def _is_withdrawn(pod: Obj) -> bool:
    """Tell whether the job itself gave the pod up: it is going and was not counted."""
    return is_deleting(pod) and not is_tracked(pod)


def remaining(failures: int, last: datetime, now: datetime) -> float:
    """Return what is left of the delay after the last failure."""
    due = min(last, now) + timedelta(seconds=delay_seconds(failures))
    return max((due - now).total_seconds(), 0.0)
