"""Counts every pod of a Job exactly once, whatever is killed in between (pure).

A pod carries a finalizer until it is counted. First its uid is written into `status.uncountedTerminatedPods` (an Indexed
job writes the index itself, which cannot be counted twice); then the finalizer goes; when the cache shows that it has
gone, the uid is turned into a number. Each step can be repeated.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bouvier.controllers.jobs.failure_policy import FAIL_INDEX, IGNORE, outcome
from bouvier.controllers.jobs.indexes import parse
from bouvier.controllers.jobs.pods import (
    failures_before,
    has_ended,
    has_failed,
    has_succeeded,
    ignored_before,
    index_of,
    is_active,
    is_indexed,
    is_tracked,
)
from bouvier.meta.objects import Obj, is_deleting, uid_of

MOST_UNCOUNTED = 500
"""Uids written at once, Kubernetes' number: the status stays small, the others follow."""


@dataclass(slots=True)
class Tally:
    """What is known about ended pods."""

    succeeded: int = 0
    failed: int = 0
    """Counted for good."""
    held: int = 0
    """Failures that are counted when their successor exists."""
    completed: set[int] = field(default_factory=set)
    failed_indexes: set[int] = field(default_factory=set)
    uncounted_succeeded: list[str] = field(default_factory=list)
    uncounted_failed: list[str] = field(default_factory=list)
    release: list[Obj] = field(default_factory=list)
    """Pods whose finalizer may go once this tally is stored."""

    @property
    def total_succeeded(self) -> int:
        """Return the successes, those on their way into the count too."""
        return self.succeeded + len(self.uncounted_succeeded)

    @property
    def total_failed(self) -> int:
        """Return the failures, those on their way into the count and those that wait for a successor too."""
        return self.failed + len(self.uncounted_failed) + self.held


def tally(job: Obj, pods: Sequence[Obj], *, is_finishing: bool) -> Tally:
    """Count; `is_finishing` says that the job is over and nothing will be replaced any more."""
    tracked = {uid_of(pod): pod for pod in pods if is_tracked(pod)}
    made = _former(job, tracked)
    held = {} if is_finishing else _held(job, pods, made)
    made.held = sum(uid in tracked and verdict != IGNORE for uid, verdict in held.items())
    known = {*made.uncounted_succeeded, *made.uncounted_failed}
    for uid, pod in tracked.items():
        if uid in known or is_deleting(job):
            made.release.append(pod)
        elif uid not in held and len(made.uncounted_succeeded) + len(made.uncounted_failed) < MOST_UNCOUNTED:
            _count(job, pod, made)
    if is_indexed(job):
        made.succeeded = len(made.completed)
    return made


def _former(job: Obj, tracked: dict[str, Obj]) -> Tally:
    """Return what the status says, with those uids turned into numbers whose pods have lost their finalizer."""
    status = job.get("status") or {}
    waiting = status.get("uncountedTerminatedPods") or {}
    made = Tally(status.get("succeeded") or 0, status.get("failed") or 0)
    made.completed = {n for n in parse(status.get("completedIndexes") or "") if n < _completions(job)}
    made.failed_indexes = {n for n in parse(status.get("failedIndexes") or "") if n < _completions(job)}
    for uid in waiting.get("succeeded") or ():
        if uid in tracked:
            made.uncounted_succeeded.append(uid)
        else:
            made.succeeded += 1
    for uid in waiting.get("failed") or ():
        if uid in tracked:
            made.uncounted_failed.append(uid)
        else:
            made.failed += 1
    return made


def _completions(job: Obj) -> int:
    return int(job["spec"].get("completions") or 0)


def _count(job: Obj, pod: Obj, made: Tally) -> None:
    indexed, index = is_indexed(job), index_of(pod)
    is_known = not indexed or 0 <= index < _completions(job)
    if has_succeeded(pod):
        if indexed and is_known:
            made.completed.add(index)
        elif not indexed:
            made.uncounted_succeeded.append(uid_of(pod))
    elif has_failed(job, pod):
        verdict = outcome(job, pod).action
        if is_known and verdict != IGNORE:
            made.uncounted_failed.append(uid_of(pod))
        if is_known and index_is_lost(job, pod, verdict):
            made.failed_indexes.add(index)
    elif not has_ended(pod):
        return
    made.release.append(pod)


def index_is_lost(job: Obj, pod: Obj, verdict: str) -> bool:
    """Tell whether the failure of this pod ends its index."""
    limit = job["spec"].get("backoffLimitPerIndex")
    if limit is None or verdict == IGNORE:
        return False
    return verdict == FAIL_INDEX or failures_before(pod) >= int(limit)


def _held(job: Obj, pods: Sequence[Obj], made: Tally) -> dict[str, str]:
    """Return failed pods that stay until their successor has learned from them how often its index failed.

    By uid, with what the failure policy says of them.
    """
    if job["spec"].get("backoffLimitPerIndex") is None or is_deleting(job):
        return {}
    settled = {index_of(pod) for pod in pods if is_active(pod) or has_succeeded(pod)}
    settled |= made.completed | made.failed_indexes
    return {
        uid_of(pod): verdict
        for pod, verdict in last_failures(job, pods).values()
        if index_of(pod) not in settled and not index_is_lost(job, pod, verdict)
    }


def last_failures(job: Obj, pods: Sequence[Obj]) -> dict[int, tuple[Obj, str]]:
    """Return the last failed pod of each index that has one, with what the failure policy says of it."""
    latest: dict[int, Obj] = {}
    for pod in pods:
        index = index_of(pod)
        if has_failed(job, pod) and (index not in latest or _attempt(pod) > _attempt(latest[index])):
            latest[index] = pod
    return {index: (pod, outcome(job, pod).action) for index, pod in latest.items()}


def _attempt(pod: Obj) -> int:
    return failures_before(pod) + ignored_before(pod)
