"""Decides which Job a CronJob starts now, which it removes, and when to look again (pure).

Only the last time that came is made up for: whoever was away for a day does not start a day's jobs at once.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bouvier.controllers.cronjobs.jobs import is_ours, new_job, reference
from bouvier.controllers.cronjobs.schedule import MANY, Due, ScheduleError, due, zone
from bouvier.controllers.jobs.status import News, finished_since
from bouvier.controllers.jobs.verdicts import is_over
from bouvier.controllers.runtime.conditions import time_text
from bouvier.meta.objects import Obj, is_condition_true, is_deleting, name_of, uid_of
from bouvier.util.clock import parse_time

TOO_MANY = (
    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds, or check whether the clock was wrong"
)
RUNNING = "Not starting job because prior execution is running and concurrency policy is Forbid"


@dataclass(frozen=True, slots=True)
class Observed:
    """What the decision is made from."""

    cron_job: Obj
    jobs: Sequence[Obj]
    """The Jobs that it controls."""
    now: datetime


@dataclass(slots=True)
class CronJobPlan:
    """What to do, in this order: delete, start, report, clean up."""

    status: dict[str, Any] = field(default_factory=dict)
    """To be completed by the reference to a started job."""
    delete: list[Obj] = field(default_factory=list)
    """Running jobs that the new one replaces."""
    start: Obj | None = None
    clean_up: list[Obj] = field(default_factory=list)
    """Finished jobs beyond the history limits."""
    news: list[News] = field(default_factory=list)
    again_seconds: float | None = None


def plan(observed: Observed) -> CronJobPlan:
    """Return the next steps."""
    made = CronJobPlan(clean_up=expired(observed))
    made.status = _status(observed, made)
    cron_job = observed.cron_job
    if is_deleting(cron_job) or cron_job["spec"].get("suspend"):
        return made
    try:
        where = zone(cron_job["spec"].get("timeZone"))
        found = due(cron_job["spec"]["schedule"], where, _since(cron_job), observed.now)
    except ScheduleError as error:
        made.news.append(News("Warning", error.reason, str(error)))
        return made
    if found.next is not None:
        made.again_seconds = max((found.next - observed.now).total_seconds(), 0.0) + 0.01
    if found.latest is not None:
        _start(observed, made, found, where)
    return made


def _since(cron_job: Obj) -> datetime:
    """Return the last time that was served, or when the CronJob was made."""
    last = (cron_job.get("status") or {}).get("lastScheduleTime")
    return parse_time(last or cron_job["metadata"]["creationTimestamp"])


def _start(observed: Observed, made: CronJobPlan, found: Due, where: tzinfo) -> None:
    moment = found.latest
    assert moment is not None
    spec = observed.cron_job["spec"]
    if found.missed >= MANY:
        made.news.append(News("Warning", "TooManyMissedTimes", TOO_MANY))
    deadline = spec.get("startingDeadlineSeconds")
    if deadline is not None and moment + timedelta(seconds=int(deadline)) < observed.now:
        message = f"Missed scheduled time to start a job: {time_text(moment)}"
        made.news.append(News("Warning", "MissSchedule", message))
        return
    job = new_job(observed.cron_job, moment, where)
    present = next((each for each in observed.jobs if name_of(each) == name_of(job)), None)
    if present is not None:
        made.status["lastScheduleTime"] = time_text(moment)
        return
    running = [each for each in observed.jobs if any(uid_of(each) == r["uid"] for r in made.status.get("active", ()))]
    policy = spec.get("concurrencyPolicy") or "Allow"
    if running and policy == "Forbid":
        made.news.append(News("Normal", "JobAlreadyActive", RUNNING))
        return
    if policy == "Replace":
        made.delete = running
    made.start = job


def _status(observed: Observed, made: CronJobPlan) -> dict[str, Any]:
    """Return the status before anything is started."""
    old = observed.cron_job.get("status") or {}
    known = {uid_of(job): job for job in observed.jobs}
    listed = {entry["uid"] for entry in old.get("active") or ()}
    new = {name: old[name] for name in ("lastScheduleTime", "lastSuccessfulTime") if old.get(name)}
    for entry in old.get("active") or ():
        job = known.get(entry["uid"])
        if job is None:
            message = f"Active job went missing: {entry['name']}"
            made.news.append(News("Normal", "MissingJob", message))
        elif is_over(job):
            word = "Complete" if is_condition_true(job, "Complete") else "Failed"
            message = f"Saw completed job: {entry['name']}, condition: {word}"
            made.news.append(News("Normal", "SawCompletedJob", message))
    running = [job for job in observed.jobs if not is_over(job) and (uid_of(job) in listed or is_ours(job))]
    if running:
        new["active"] = [reference(job) for job in sorted(running, key=name_of)]
    ends = [job["status"].get("completionTime") or "" for job in observed.jobs if is_condition_true(job, "Complete")]
    latest = max([*ends, new.get("lastSuccessfulTime") or ""], default="")
    return new | ({"lastSuccessfulTime": latest} if latest else {})


def expired(observed: Observed) -> list[Obj]:
    """Return the finished jobs that the history limits leave no room for, oldest first."""
    spec = observed.cron_job["spec"]
    over = sorted((job for job in observed.jobs if is_over(job) and not is_deleting(job)), key=_age)
    done = [job for job in over if is_condition_true(job, "Complete")]
    failed = [job for job in over if not is_condition_true(job, "Complete")]
    limits = (spec.get("successfulJobsHistoryLimit"), spec.get("failedJobsHistoryLimit"))
    gone: list[Obj] = []
    for jobs, limit in zip((done, failed), limits, strict=True):
        if limit is not None:
            gone += jobs[: max(len(jobs) - int(limit), 0)]
    return gone


def _age(job: Obj) -> tuple[str, str]:
    return (job.get("status") or {}).get("startTime") or finished_since(job), name_of(job)
