"""Whether a Job is over, and why (pure).

Reasons and messages are Kubernetes', since `kubectl wait`, `kubectl describe` and people's scripts read them.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bouvier.controllers.jobs.counting import Tally
from bouvier.controllers.jobs.failure_policy import FAIL_JOB, outcome
from bouvier.controllers.jobs.pods import has_failed, is_active, is_tracked, restarts_of
from bouvier.controllers.jobs.success_policy import success_message
from bouvier.meta.objects import Obj, condition_of, is_condition_true
from bouvier.util.clock import parse_time

SUCCESS_MET, FAILURE_TARGET = "SuccessCriteriaMet", "FailureTarget"
COMPLETE, FAILED, SUSPENDED = "Complete", "Failed", "Suspended"


class Ending(NamedTuple):
    """Why a job is over. Its pods are ended first; then the last condition is set."""

    condition: str
    """`SuccessCriteriaMet` or `FailureTarget`."""
    reason: str
    message: str

    @property
    def last_condition(self) -> str:
        """Return the condition that says that all pods have ended, too."""
        return COMPLETE if self.condition == SUCCESS_MET else FAILED


def is_over(job: Obj) -> bool:
    """Tell whether the job has reached its last condition."""
    return is_condition_true(job, COMPLETE) or is_condition_true(job, FAILED)


def announced(job: Obj) -> Ending | None:
    """Return the ending that the status announces already."""
    for kind in (FAILURE_TARGET, SUCCESS_MET):
        found = condition_of(job, kind)
        if found and found.get("status") == "True":
            return Ending(kind, found.get("reason") or "", found.get("message") or "")
    return None


def ending(job: Obj, pods: Sequence[Obj], tally: Tally, now: datetime) -> Ending | None:
    """Return why the job is over, None if it goes on."""
    found = announced(job) or _by_failure(job, pods, tally, now)
    if found:
        return found
    message = success_message(job, tally.completed)
    if message:
        return Ending(SUCCESS_MET, "SuccessPolicy", message)
    return None if any(is_active(pod) for pod in pods) else _by_completion(job, tally)


def _by_failure(job: Obj, pods: Sequence[Obj], tally: Tally, now: datetime) -> Ending | None:
    spec = job["spec"]
    for pod in pods:
        if spec.get("podFailurePolicy") and is_tracked(pod) and has_failed(job, pod):
            verdict = outcome(job, pod)
            if verdict.action == FAIL_JOB:
                return Ending(FAILURE_TARGET, "PodFailurePolicy", verdict.message)
    limit = spec.get("backoffLimit")
    if limit is not None and (tally.total_failed > limit or _restarted_too_often(job, pods)):
        message = "Job has reached the specified backoff limit"
        return Ending(FAILURE_TARGET, "BackoffLimitExceeded", message)
    if seconds_to_deadline(job, now) == 0:
        return Ending(FAILURE_TARGET, "DeadlineExceeded", "Job was active longer than specified deadline")
    most = spec.get("maxFailedIndexes")
    if most is not None and len(tally.failed_indexes) > most:
        message = "Job has exceeded the specified maximal number of failed indexes"
        return Ending(FAILURE_TARGET, "MaxFailedIndexesExceeded", message)
    return None


def _restarted_too_often(job: Obj, pods: Sequence[Obj]) -> bool:
    """Tell whether containers that are restarted in place have failed too often."""
    if job["spec"]["template"]["spec"].get("restartPolicy") != "OnFailure":
        return False
    limit, count = int(job["spec"]["backoffLimit"]), restarts_of(pod for pod in pods if is_active(pod))
    return count > 0 if limit == 0 else count >= limit


def _by_completion(job: Obj, tally: Tally) -> Ending | None:
    """Return the ending of a job of which no pod is active."""
    completions = job["spec"].get("completions")
    succeeded = len(tally.completed) if job["spec"].get("completionMode") == "Indexed" else tally.total_succeeded
    done = succeeded > 0 if completions is None else succeeded >= completions
    if done:
        return Ending(SUCCESS_MET, "CompletionsReached", "Reached expected number of succeeded pods")
    if tally.failed_indexes and succeeded + len(tally.failed_indexes) >= completions:
        return Ending(FAILURE_TARGET, "FailedIndexes", "Job has failed indexes")
    return None


def seconds_to_deadline(job: Obj, now: datetime) -> float | None:
    """Return the time that `activeDeadlineSeconds` leaves, None if nothing is measured."""
    allowed, started = job["spec"].get("activeDeadlineSeconds"), (job.get("status") or {}).get("startTime")
    if allowed is None or not started or job["spec"].get("suspend"):
        return None
    end = parse_time(started) + timedelta(seconds=int(allowed))
    return max((end - now).total_seconds(), 0.0)
