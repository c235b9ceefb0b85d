"""Job: pods that run until enough of them have succeeded."""

from __future__ import annotations

from typing import Any

from bouvier.kinds.batch_v1.job_validation import validate, validate_update
from bouvier.kinds.columns import AGE, NAME, SELECTOR_COLUMN, TEMPLATE_COLUMNS, cell, value_at
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template, spec_of
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status
from bouvier.meta.objects import Obj, is_condition_true, name_of, uid_of
from bouvier.meta.resources import JOBS
from bouvier.util.clock import now_text, parse_time
from bouvier.util.durations import human_duration

_NO_LIMIT = 2**31 - 1
_UID_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")
_NAME_LABELS = ("batch.kubernetes.io/job-name", "job-name")


def default(obj: Obj) -> None:
    """Fill the defaults of the spec and of its template; labels come from the template's labels."""
    spec = obj.setdefault("spec", {})
    default_template(spec)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = spec["parallelism"] = 1
    spec.setdefault("parallelism", 1)
    spec.setdefault("backoffLimit", 6 if spec.get("backoffLimitPerIndex") is None else _NO_LIMIT)
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("manualSelector", False)
    spec.setdefault("podReplacementPolicy", "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed")
    for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
        for pattern in rule.get("onPodConditions") or ():
            pattern.setdefault("status", "True")
    labels = (spec["template"].get("metadata") or {}).get("labels")
    metadata = obj.setdefault("metadata", {})
    if labels and not metadata.get("labels"):
        metadata["labels"] = dict(labels)


def prepare(obj: Obj) -> None:
    """Give a new job the selector and the template labels that single out its pods."""
    spec = obj.setdefault("spec", {})
    if spec.get("manualSelector") or spec.get("selector") or not uid_of(obj):
        return
    template = spec.setdefault("template", {}).setdefault("metadata", {})
    labels = dict(template.get("labels") or {})
    labels |= dict.fromkeys(_UID_LABELS, uid_of(obj))
    labels |= dict.fromkeys(_NAME_LABELS, name_of(obj))
    template["labels"] = labels
    spec["selector"] = {"matchLabels": {_UID_LABELS[0]: uid_of(obj)}}


def _status_cell(obj: Obj) -> str:
    for condition, word in (("Complete", "Complete"), ("Failed", "Failed")):
        if is_condition_true(obj, condition):
            return word
    if obj["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for condition, word in (
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
        ("SuccessCriteriaMet", "SuccessCriteriaMet"),
    ):
        if is_condition_true(obj, condition):
            return word
    return "Running"


def _completions_cell(obj: Obj) -> str:
    spec = spec_of(obj)
    done = value_at(obj, ("status", "succeeded")) or 0
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _duration_cell(obj: Obj) -> str:
    status: dict[str, Any] = obj.get("status") or {}
    if not status.get("startTime"):
        return ""
    end = status.get("completionTime") or now_text()
    return human_duration((parse_time(end) - parse_time(status["startTime"])).total_seconds())


def _successful(obj: Obj) -> str:
    return str(value_at(obj, ("status", "succeeded")) or 0)


KIND = Kind(
    resource=JOBS,
    singular="job",
    definition="io.k8s.api.batch.v1.Job",
    categories=("all",),
    subresources=with_status(JOBS),
    columns=(
        NAME,
        cell("Status", _status_cell),
        cell("Completions", _completions_cell),
        cell("Duration", _duration_cell),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR_COLUMN,
    ),
    selectable={"status.successful": _successful},
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
    has_open_status=True,
    orphans_dependents=True,
    warn=warn_of_template("spec", "template"),
)
