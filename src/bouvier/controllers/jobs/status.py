"""What a Job reports (pure)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from bouvier.controllers.jobs.indexes import render
from bouvier.controllers.jobs.plan import JobPlan, Observed
from bouvier.controllers.jobs.pods import has_ended, is_active, is_indexed, is_terminating, is_tracked
from bouvier.controllers.jobs.verdicts import COMPLETE, FAILED, SUSPENDED, Ending
from bouvier.controllers.runtime.conditions import Condition, find, time_text
from bouvier.controllers.workloads.pods import is_ready
from bouvier.meta.objects import Obj


class News(NamedTuple):
    """An event about the job."""

    type: str
    reason: str
    message: str


def status(observed: Observed, made: JobPlan, *, created: int, removed: int) -> tuple[dict[str, Any], list[News]]:
    """Return the status after `created` and `removed` active pods, and what is to be said about its changes."""
    job, pods = observed.job, observed.pods
    old = job.get("status") or {}
    new: dict[str, Any] = {field: old[field] for field in ("startTime", "completionTime") if old.get(field)}
    conditions, news = _conditions(observed, made)
    if conditions:
        new["conditions"] = conditions
    _set_start(job, new, conditions, observed.now)
    if find(conditions, COMPLETE):
        new.setdefault("completionTime", time_text(observed.now))
    active = [pod for pod in pods if is_active(pod)]
    counts = {
        "active": max(len(active) + created - removed, 0),
        "succeeded": made.tally.succeeded,
        "failed": made.tally.failed,
    }
    new |= {name: count for name, count in counts.items() if count}
    new["ready"] = sum(is_ready(pod) for pod in active)
    new["terminating"] = sum(is_terminating(pod) for pod in pods)
    new["uncountedTerminatedPods"] = _uncounted(made)
    if is_indexed(job):
        new |= {"completedIndexes": render(made.tally.completed)} if made.tally.completed else {}
        if job["spec"].get("backoffLimitPerIndex") is not None:
            new["failedIndexes"] = render(made.tally.failed_indexes)
    return new, news


def _uncounted(made: JobPlan) -> dict[str, list[str]]:
    parts = {"succeeded": made.tally.uncounted_succeeded, "failed": made.tally.uncounted_failed}
    return {name: uids for name, uids in parts.items() if uids}


def _set_start(job: Obj, new: dict[str, Any], conditions: list[Condition], now: datetime) -> None:
    """Measure the time from the first start, or from when the job was resumed; a suspended job has none."""
    suspended = find(conditions, SUSPENDED)
    if job["spec"].get("suspend") and suspended and suspended["status"] == "True":
        new.pop("startTime", None)
    elif not job["spec"].get("suspend"):
        new.setdefault("startTime", time_text(now))


def _conditions(observed: Observed, made: JobPlan) -> tuple[list[Condition], list[News]]:
    conditions = list((observed.job.get("status") or {}).get("conditions") or ())
    news: list[News] = []
    if made.ending is None:
        return _suspension(observed, conditions, news), news
    if not find(conditions, made.ending.condition):
        conditions.append(_condition(made.ending.condition, "True", made.ending, observed.now))
    if _all_counted(observed, made):
        last = made.ending.last_condition
        conditions.append(_condition(last, "True", made.ending, observed.now))
        news.append(
            News("Normal", "Completed", "Job completed")
            if last == COMPLETE
            else News("Warning", made.ending.reason, made.ending.message)
        )
    return conditions, news


def _all_counted(observed: Observed, made: JobPlan) -> bool:
    """Tell whether every pod has ended and is counted for good."""
    return not any(is_tracked(pod) or not has_ended(pod) for pod in observed.pods) and not _uncounted(made)


def _suspension(observed: Observed, conditions: list[Condition], news: list[News]) -> list[Condition]:
    present = find(conditions, SUSPENDED)
    is_suspended = present is not None and present["status"] == "True"
    if bool(observed.job["spec"].get("suspend")) == is_suspended:
        return conditions
    word = "resumed" if is_suspended else "suspended"
    said = Ending(SUSPENDED, f"Job{word.capitalize()}", f"Job {word}")
    news.append(News("Normal", word.capitalize(), said.message))
    new = _condition(SUSPENDED, "False" if is_suspended else "True", said, observed.now)
    return [new if each is present else each for each in conditions] if present else [*conditions, new]


def _condition(kind: str, truth: str, why: Ending, now: datetime) -> Condition:
    moment = time_text(now)
    return {
        "type": kind,
        "status": truth,
        "reason": why.reason,
        "message": why.message,
        "lastProbeTime": moment,
        "lastTransitionTime": moment,
    }


def finished_since(job: Obj) -> str:
    """Return when the job reached its last condition, empty while it has not."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    ends = [c for c in conditions if c.get("type") in (COMPLETE, FAILED) and c.get("status") == "True"]
    return (ends[0].get("lastTransitionTime") or "") if ends else ""
