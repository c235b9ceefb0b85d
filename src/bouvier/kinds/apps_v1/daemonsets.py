"""DaemonSet: one pod on each host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, SELECTOR_COLUMN, TEMPLATE_COLUMNS, cell, labels_text, number, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.templates import default_template, spec_of, validate_selector
from bouvier.kinds.podspec.validation import validate_workload_template
from bouvier.kinds.podspec.warnings import warn_of_template
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import DAEMONSETS

_STRATEGIES = ("OnDelete", "RollingUpdate")
_ALWAYS_PRESENT = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")


def default(obj: Obj) -> None:
    """Fill the defaults of the spec and of its template."""
    spec = obj.setdefault("spec", {})
    default_template(spec)
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
    if strategy["type"] == "RollingUpdate":
        rolling = strategy.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)
    spec.setdefault("revisionHistoryLimit", 10)


def prepare(obj: Obj) -> None:
    """Give a new set the numbers that its status always has."""
    status = obj.setdefault("status", {})
    for field in _ALWAYS_PRESENT:
        status.setdefault(field, 0)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", spec_of(obj)))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    selector = spec.get("selector")
    yield from validate_selector(f"{path}.selector", selector, "daemonset")
    yield from validate_workload_template(f"{path}.template", spec.get("template"), selector, "DaemonSet")
    yield from fields.non_negative(f"{path}.minReadySeconds", spec.get("minReadySeconds"))
    yield from _strategy(f"{path}.updateStrategy", spec.get("updateStrategy") or {})
    yield from fields.non_negative(f"{path}.revisionHistoryLimit", spec.get("revisionHistoryLimit"))


def _strategy(path: str, strategy: Mapping[str, Any]) -> Errors:
    kind = strategy.get("type")
    if kind not in _STRATEGIES:
        yield fields.unsupported(f"{path}.type", kind, _STRATEGIES)
        return
    if kind != "RollingUpdate":
        return
    rolling = strategy.get("rollingUpdate")
    if rolling is None:
        yield required(f"{path}.rollingUpdate")
        return
    missing, extra = rolling.get("maxUnavailable"), rolling.get("maxSurge")
    place = f"{path}.rollingUpdate"
    for field, value in (("maxUnavailable", missing), ("maxSurge", extra)):
        yield from fields.int_or_percent(f"{place}.{field}", value)
        yield from fields.at_most_hundred_percent(f"{place}.{field}", value)
    if not fields.is_zero(missing) and not fields.is_zero(extra):
        yield fields.invalid(f"{place}.maxSurge", extra, "may not be set when maxUnavailable is non-zero")
    if fields.is_zero(missing) and fields.is_zero(extra):
        yield required(f"{place}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse to change the selector."""
    return list(fields.immutable("spec.selector", spec_of(new).get("selector"), spec_of(old).get("selector")))


def _node_selector_cell(obj: Obj) -> str:
    return labels_text(value_at(obj, ("spec", "template", "spec", "nodeSelector")))


KIND = Kind(
    resource=DAEMONSETS,
    singular="daemonset",
    definition="io.k8s.api.apps.v1.DaemonSet",
    short_names=("ds",),
    categories=("all",),
    subresources=with_status(DAEMONSETS),
    columns=(
        NAME,
        number("Desired", "status", "desiredNumberScheduled"),
        number("Current", "status", "currentNumberScheduled"),
        number("Ready", "status", "numberReady"),
        number("Up-to-date", "status", "updatedNumberScheduled"),
        number("Available", "status", "numberAvailable"),
        cell("Node Selector", _node_selector_cell),
        AGE,
        *TEMPLATE_COLUMNS,
        SELECTOR_COLUMN,
    ),
    default=default,
    prepare=prepare,
    validate=validate,
    validate_update=validate_update,
    has_generation=True,
    has_open_status=True,
    warn=warn_of_template("spec", "template"),
)
