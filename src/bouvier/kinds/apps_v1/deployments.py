"""Deployment: replaces the pods of one template by those of the next, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.apps_v1.counts import status_check
from bouvier.kinds.columns import AGE, NAME, SELECTOR_COLUMN, TEMPLATE_COLUMNS, cell, number, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template, spec_of, validate_selector
from bouvier.kinds.podspec.validation import validate_workload_template
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status_and_scale
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import DEPLOYMENTS

_STEP = "25%"
_TYPES = ("Recreate", "RollingUpdate")


def default(obj: Obj) -> None:
    """Fill the defaults of the spec and of its template."""
    spec = obj.setdefault("spec", {})
    default_template(spec)
    spec.setdefault("replicas", 1)
    strategy = spec.setdefault("strategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", _STEP)
        rolling.setdefault("maxSurge", _STEP)
    spec.setdefault("revisionHistoryLimit", 10)
    spec.setdefault("progressDeadlineSeconds", 600)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", spec_of(obj)))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    yield from fields.non_negative(f"{path}.replicas", spec.get("replicas"))
    selector = spec.get("selector")
    yield from validate_selector(f"{path}.selector", selector, "deployment")
    yield from validate_workload_template(f"{path}.template", spec.get("template"), selector, "ReplicaSet")
    yield from _strategy(f"{path}.strategy", spec.get("strategy") or {})
    yield from fields.non_negative(f"{path}.minReadySeconds", spec.get("minReadySeconds"))
    yield from fields.non_negative(f"{path}.revisionHistoryLimit", spec.get("revisionHistoryLimit"))
    deadline = spec.get("progressDeadlineSeconds")
    yield from fields.non_negative(f"{path}.progressDeadlineSeconds", deadline)
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        yield fields.invalid(f"{path}.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def _strategy(path: str, strategy: Mapping[str, Any]) -> Errors:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            detail = "may not be specified when strategy `type` is 'Recreate'"
            yield forbidden_field(f"{path}.rollingUpdate", detail)
    elif kind == "RollingUpdate":
        if rolling is None:
            yield required(f"{path}.rollingUpdate", "this should be defaulted and never be nil")
        else:
            yield from rolling_update(f"{path}.rollingUpdate", rolling)
    else:
        yield fields.unsupported(f"{path}.type", kind, _TYPES)


def rolling_update(path: str, rolling: Mapping[str, Any]) -> Errors:
    """Check how many pods may be missing and how many may be too many during an update."""
    missing, extra = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    yield from fields.int_or_percent(f"{path}.maxUnavailable", missing)
    yield from fields.int_or_percent(f"{path}.maxSurge", extra)
    if fields.is_zero(missing) and fields.is_zero(extra):
        yield fields.invalid(f"{path}.maxUnavailable", missing, "may not be 0 when `maxSurge` is 0")
    yield from fields.at_most_hundred_percent(f"{path}.maxUnavailable", missing)


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the selector."""
    return list(fields.immutable("spec.selector", spec_of(new).get("selector"), spec_of(old).get("selector")))


def _ready_cell(obj: Obj) -> str:
    return f"{value_at(obj, ('status', 'readyReplicas')) or 0}/{spec_of(obj).get('replicas', 0)}"


KIND = Kind(
    resource=DEPLOYMENTS,
    singular="deployment",
    definition="io.k8s.api.apps.v1.Deployment",
    short_names=("deploy",),
    categories=("all",),
    subresources=with_status_and_scale(DEPLOYMENTS),
    columns=(
        NAME,
        cell("Ready", _ready_cell),
        number("Up-to-date", "status", "updatedReplicas", kind="string"),
        number("Available", "status", "availableReplicas", kind="string"),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR_COLUMN,
    ),
    default=default,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
    validate_status=status_check(("updatedReplicas", "readyReplicas", "availableReplicas"), ("unavailableReplicas",)),
    has_open_status=True,
    warn=warn_of_template("spec", "template"),
)
