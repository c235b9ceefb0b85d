"""CronJob: a job at set times."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.batch_v1.job_validation import validate_job_spec
from bouvier.kinds.batch_v1.schedule import schedule_error
from bouvier.kinds.columns import AGE, NAME, WIDE, cell, selector_text, text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template, spec_of
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import CRONJOBS
from bouvier.util.durations import age_text

_POLICIES = ("Allow", "Forbid", "Replace")
_MAX_NAME = 52
"""Its jobs' names append 11 characters, and must not be longer than a label."""
_NON_NEGATIVE = ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit")
_ZONE = re.compile(r"[A-Za-z0-9._+/-]+")


def default(obj: Obj) -> None:
    """Fill the defaults of the spec and of its jobs' pods."""
    spec = obj.setdefault("spec", {})
    if not spec.get("concurrencyPolicy"):
        spec["concurrencyPolicy"] = "Allow"
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    default_template(spec.setdefault("jobTemplate", {}).setdefault("spec", {}))


def validate(obj: Obj) -> list[FieldError]:
    """Check name and spec."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    if len(name_of(obj)) > _MAX_NAME:
        yield fields.invalid("metadata.name", name_of(obj), f"must be no more than {_MAX_NAME} characters")
    spec = spec_of(obj)
    yield from _schedule(spec)
    for field in _NON_NEGATIVE:
        yield from fields.non_negative(f"spec.{field}", spec.get(field))
    yield from fields.one_of("spec.concurrencyPolicy", spec.get("concurrencyPolicy"), _POLICIES)
    yield from validate_job_spec("spec.jobTemplate.spec", (spec.get("jobTemplate") or {}).get("spec") or {})


def _schedule(spec: Mapping[str, Any]) -> Errors:
    schedule = spec.get("schedule") or ""
    if not schedule:
        yield required("spec.schedule")
    elif "TZ" in schedule:
        detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield fields.invalid("spec.schedule", schedule, detail)
    else:
        problem = schedule_error(schedule)
        if problem:
            yield fields.invalid("spec.schedule", schedule, problem)
    zone = spec.get("timeZone")
    if zone is not None and not is_time_zone(zone):
        yield fields.invalid("spec.timeZone", zone, f"unknown time zone {zone}")


@lru_cache(maxsize=1024)
def is_time_zone(name: str) -> bool:
    """Tell whether the host's time zone database has that name; `Local` is none.

    The database is the one thing that a kind reads: names come and go with it.
    """
    if not _ZONE.fullmatch(name) or name == "Local":
        return False
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _suspend_cell(obj: Obj) -> str:
    """Return the flag as Kubernetes writes it, in capitals although the column is declared a truth."""
    suspended = spec_of(obj).get("suspend")
    return "<unset>" if suspended is None else str(bool(suspended))


def _last_cell(obj: Obj) -> str:
    moment = value_at(obj, ("status", "lastScheduleTime"))
    return age_text(moment) if moment else "<none>"


def _pod_spec(obj: Obj) -> Mapping[str, Any]:
    return value_at(obj, ("spec", "jobTemplate", "spec", "template", "spec")) or {}


def _containers(obj: Obj, field: str) -> str:
    return ",".join(str(one.get(field) or "") for one in _pod_spec(obj).get("containers") or ())


def _selector(obj: Obj) -> str:
    return selector_text(value_at(obj, ("spec", "jobTemplate", "spec", "selector")))


KIND = Kind(
    resource=CRONJOBS,
    singular="cronjob",
    definition="io.k8s.api.batch.v1.CronJob",
    short_names=("cj",),
    categories=("all",),
    subresources=with_status(CRONJOBS),
    columns=(
        NAME,
        text("Schedule", "spec", "schedule"),
        text("Timezone", "spec", "timeZone", default="<none>"),
        cell("Suspend", _suspend_cell, kind="boolean"),
        cell("Active", lambda obj: len(value_at(obj, ("status", "active")) or ()), kind="integer"),
        cell("Last Schedule", _last_cell),
        AGE,
        cell("Containers", lambda obj: _containers(obj, "name"), WIDE),
        cell("Images", lambda obj: _containers(obj, "image"), WIDE),
        cell("Selector", _selector, WIDE),
    ),
    default=default,
    validate=validate,
    has_generation=True,
    has_open_status=True,
    warn=warn_of_template("spec", "jobTemplate", "spec", "template"),
)
