"""Validation of a HorizontalPodAutoscaler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj

SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
"""The field that holds each type of measure."""
_TARGETS = ("AverageValue", "Utilization", "Value")
_SELECT = ("Disabled", "Max", "Min")
_POLICIES = ("Percent", "Pods")
_MAX_PERIOD_SECONDS = 1800
_MAX_WINDOW_SECONDS = 3600

Part = Mapping[str, Any]


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Part) -> Errors:
    fewest, most = spec.get("minReplicas"), spec.get("maxReplicas") or 0
    if fewest is not None and fewest < 1:
        yield fields.invalid(f"{path}.minReplicas", fewest, "must be greater than or equal to 1")
    if most < 1:
        yield fields.invalid(f"{path}.maxReplicas", most, "must be greater than 0")
    if fewest is not None and most < fewest:
        yield fields.invalid(f"{path}.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    target = spec.get("scaleTargetRef") or {}
    for field in ("kind", "name"):
        place = f"{path}.scaleTargetRef.{field}"
        yield from fields.named(place, target.get(field), names.path_segment)
    for index, metric in enumerate(spec.get("metrics") or ()):
        yield from _metric(f"{path}.metrics[{index}]", metric)
    for field in ("scaleUp", "scaleDown"):
        rules = (spec.get("behavior") or {}).get(field)
        if rules:
            yield from _rules(f"{path}.behavior.{field}", rules)


def _metric(path: str, metric: Part) -> Errors:
    kind = metric.get("type") or ""
    if not kind:
        yield required(f"{path}.type", "must specify a metric source type")
        return
    if kind not in SOURCES:
        yield fields.unsupported(f"{path}.type", kind, SOURCES)
        return
    own = SOURCES[kind]
    for field in SOURCES.values():
        if field != own and metric.get(field) is not None:
            detail = "must populate the given metric source only"
            yield forbidden_field(f"{path}.{field}", detail)
    source = metric.get(own)
    if source is None:
        yield required(f"{path}.{own}", "must populate information for the given metric source")
        return
    yield from _source(f"{path}.{own}", own, source)


def _source(path: str, kind: str, source: Part) -> Errors:
    if kind in ("resource", "containerResource"):
        if not source.get("name"):
            yield required(f"{path}.name", "must specify a resource name")
    else:
        metric = source.get("metric") or {}
        yield from fields.named(f"{path}.metric.name", metric.get("name"), names.path_segment)
        yield from fields.label_selector(f"{path}.metric.selector", metric.get("selector"))
    if kind == "containerResource" and not source.get("container"):
        yield required(f"{path}.container", "must specify a container")
    yield from _target(f"{path}.target", source.get("target") or {})


def _target(path: str, target: Part) -> Errors:
    if not target.get("type"):
        yield required(f"{path}.type", "must specify a metric target type")
    elif target["type"] not in _TARGETS:
        yield fields.invalid(f"{path}.type", target["type"], "must be either Utilization, Value, or AverageValue")
    present = [one for one in ("averageUtilization", "averageValue", "value") if target.get(one) is not None]
    if not present:
        yield required(path, "must set either a target value or a target utilization")
    if "averageUtilization" in present and target["averageUtilization"] < 1:
        yield fields.invalid(f"{path}.averageUtilization", target["averageUtilization"], "must be greater than 0")


def _rules(path: str, rules: Part) -> Errors:
    window = rules.get("stabilizationWindowSeconds")
    yield from fields.non_negative(f"{path}.stabilizationWindowSeconds", window)
    if window is not None and window > _MAX_WINDOW_SECONDS:
        detail = f"must be less than or equal to {_MAX_WINDOW_SECONDS}"
        yield fields.invalid(f"{path}.stabilizationWindowSeconds", window, detail)
    yield from fields.optional_one_of(f"{path}.selectPolicy", rules.get("selectPolicy"), _SELECT)
    policies = rules.get("policies") or []
    if not policies:
        yield required(f"{path}.policies", "must specify at least one Policy")
    for index, policy in enumerate(policies):
        place = f"{path}.policies[{index}]"
        if policy.get("type") not in _POLICIES:
            yield fields.unsupported(f"{place}.type", policy.get("type") or "", _POLICIES)
        yield from fields.positive(f"{place}.value", policy.get("value") or 0)
        period = policy.get("periodSeconds") or 0
        yield from fields.positive(f"{place}.periodSeconds", period)
        if period > _MAX_PERIOD_SECONDS:
            detail = f"must be less than or equal to {_MAX_PERIOD_SECONDS}"
            yield fields.invalid(f"{place}.periodSeconds", period, detail)
