"""Decides what a Job does next with its pods (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bouvier.controllers.jobs import backoff
from bouvier.controllers.jobs.counting import Tally, last_failures, tally
from bouvier.controllers.jobs.failure_policy import IGNORE
from bouvier.controllers.jobs.pods import (
    failures_before,
    finished_at,
    ignored_before,
    index_of,
    is_active,
    is_indexed,
    is_terminating,
    is_tracked,
    new_pod,
    replaces_failed_only,
)
from bouvier.controllers.jobs.verdicts import Ending, announced, ending, seconds_to_deadline
from bouvier.controllers.workloads.pods import crowd, deletion_order
from bouvier.meta.objects import Obj, is_deleting

BURST = 500
"""Most pods created or deleted in one go, Kubernetes' number: more follow when these were observed."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What the decision is made from."""

    job: Obj
    pods: Sequence[Obj]
    """The pods that the job controls."""
    now: datetime


@dataclass(slots=True)
class JobPlan:
    """What to do: first pods are made and removed, then the status is written, then finalizers go."""

    tally: Tally
    ending: Ending | None = None
    create: list[Obj] = field(default_factory=list)
    withdraw: list[Obj] = field(default_factory=list)
    """Pods that are too many: they lose their finalizer first, so that they do not count as failed."""
    delete: list[Obj] = field(default_factory=list)
    """Pods of a job that is over: they are counted when they have ended."""
    track: list[Obj] = field(default_factory=list)
    """Adopted pods that get the finalizer."""
    again_seconds: float | None = None


def plan(observed: Observed) -> JobPlan:
    """Return the next steps."""
    job, pods = observed.job, observed.pods
    made = JobPlan(tally(job, pods, is_finishing=announced(job) is not None))
    if is_deleting(job):
        return made
    made.ending = ending(job, pods, made.tally, observed.now)
    active = [pod for pod in pods if is_active(pod)]
    if made.ending:
        if announced(job) is None:  # what was held for a successor is counted now
            made.tally = tally(job, pods, is_finishing=True)
        made.delete = active[:BURST]
        return made
    made.again_seconds = seconds_to_deadline(job, observed.now)
    made.track = [pod for pod in active if not is_tracked(pod)]
    if job["spec"].get("suspend"):
        made.withdraw = active[:BURST]
        return made
    _balance(observed, made, active)
    return made


def wanted_active(job: Obj, counted: Tally, active: int) -> int:
    """Return how many pods should be working now."""
    spec = job["spec"]
    parallelism = 1 if spec.get("parallelism") is None else int(spec["parallelism"])
    if spec.get("completions") is None:
        return active if counted.total_succeeded else parallelism
    done = len(counted.completed) + len(counted.failed_indexes) if is_indexed(job) else counted.total_succeeded
    return min(parallelism, max(int(spec["completions"]) - done, 0))


def _balance(observed: Observed, made: JobPlan, active: list[Obj]) -> None:
    job = observed.job
    wanted = wanted_active(job, made.tally, len(active))
    made.withdraw = _too_many(job, made.tally, active, len(active) - wanted, observed.now)[:BURST]
    if made.withdraw:
        return
    missing = wanted - len(active)
    if replaces_failed_only(job):
        missing -= sum(is_terminating(pod) for pod in observed.pods)
    if missing <= 0:
        return
    if job["spec"].get("backoffLimitPerIndex") is not None:
        _create_by_index(observed, made, min(missing, BURST))
        return
    wait = backoff.seconds_left(job, observed.pods, observed.now)
    if wait > 0:
        made.again_seconds = _earlier(made.again_seconds, wait)
    elif is_indexed(job):
        made.create = [new_pod(job, index) for index in _free_indexes(observed, made.tally, min(missing, BURST))]
    else:
        made.create = [new_pod(job) for _ in range(min(missing, BURST))]


def _create_by_index(observed: Observed, made: JobPlan, missing: int) -> None:
    """Create pods for indexes that each wait for themselves after a failure."""
    failures = last_failures(observed.job, observed.pods)
    for index in _free_indexes(observed, made.tally):
        if len(made.create) == missing:
            return
        counted, ignored, wait = _after(failures.get(index), observed.now)
        if wait > 0:
            made.again_seconds = _earlier(made.again_seconds, wait)
        else:
            made.create.append(new_pod(observed.job, index, failures=counted, ignored=ignored))


def _after(failure: tuple[Obj, str] | None, now: datetime) -> tuple[int, int, float]:
    """Return what the successor of a failed pod is told (failures counted and ignored), and how long it waits."""
    if failure is None:
        return 0, 0, 0.0
    pod, verdict = failure
    counted = failures_before(pod) + (verdict != IGNORE)
    ignored = ignored_before(pod) + (verdict == IGNORE)
    return counted, ignored, backoff.remaining(counted + ignored, finished_at(pod, now), now)


def _free_indexes(observed: Observed, counted: Tally, most: int = BURST) -> list[int]:
    """Return the lowest indexes that nobody works on or has done."""
    job = observed.job
    busy = {index_of(pod) for pod in observed.pods if is_active(pod)}
    if replaces_failed_only(job):
        busy |= {index_of(pod) for pod in observed.pods if is_terminating(pod)}
    taken = busy | counted.completed | counted.failed_indexes
    free: list[int] = []
    for index in range(int(job["spec"].get("completions") or 0)):
        if len(free) == most:
            break
        if index not in taken:
            free.append(index)
    return free


def _too_many(job: Obj, counted: Tally, active: list[Obj], surplus: int, now: datetime) -> list[Obj]:
    """Return the pods to withdraw: of an Indexed job first those whose index is not theirs alone, or done."""
    order = deletion_order(active, crowd(active), now)
    useless = _useless(job, counted, active, now) if is_indexed(job) else []
    rest = [pod for pod in order if not any(pod is each for each in useless)]
    return useless + rest[: max(surplus - len(useless), 0)]


def _useless(job: Obj, counted: Tally, active: Iterable[Obj], now: datetime) -> list[Obj]:
    by_index: dict[int, list[Obj]] = defaultdict(list)
    for pod in active:
        by_index[index_of(pod)].append(pod)
    found: list[Obj] = []
    done = counted.completed | counted.failed_indexes
    for index, pods in by_index.items():
        is_open = 0 <= index < int(job["spec"].get("completions") or 0) and index not in done
        found += deletion_order(pods, crowd(pods), now)[: len(pods) - is_open]
    return found


def _earlier(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)
