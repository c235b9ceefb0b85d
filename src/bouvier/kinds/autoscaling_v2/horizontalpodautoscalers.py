"""HorizontalPodAutoscaler: how many replicas a workload gets, by what is measured."""

from __future__ import annotations

from typing import Any

from bouvier.kinds.autoscaling_v2.hpa_columns import targets_cell
from bouvier.kinds.autoscaling_v2.hpa_validation import validate
from bouvier.kinds.columns import AGE, NAME, cell, number, value_at
from bouvier.kinds.kind import Kind
from bouvier.kinds.podspec.defaults import canonical_field
from bouvier.kinds.subresources import with_status
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

HORIZONTALPODAUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")

_CPU_PERCENT = 80
_UP: dict[str, Any] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN: dict[str, Any] = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


def default(obj: Obj) -> None:
    """Fill the smallest size, the measure and what the behaviour leaves open."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": _CPU_PERCENT}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    for metric in spec["metrics"]:
        for source in metric.values():
            if isinstance(source, dict) and isinstance(source.get("target"), dict):
                canonical_field(source["target"], "value")
                canonical_field(source["target"], "averageValue")
    behavior = spec.get("behavior")
    if behavior is not None:
        behavior["scaleUp"] = _rules(behavior.get("scaleUp"), _UP)
        behavior["scaleDown"] = _rules(behavior.get("scaleDown"), _DOWN)


def _rules(given: dict[str, Any] | None, standard: dict[str, Any]) -> dict[str, Any]:
    rules = dict(given or {})
    for field, value in standard.items():
        if rules.get(field) is None:
            rules[field] = [dict(one) for one in value] if isinstance(value, list) else value
    return rules


def _reference_cell(obj: Obj) -> str:
    target = value_at(obj, ("spec", "scaleTargetRef")) or {}
    return f"{target.get('kind')}/{target.get('name')}"


def _fewest_cell(obj: Obj) -> str:
    value = value_at(obj, ("spec", "minReplicas"))
    return "<unset>" if value is None else str(value)


KIND = Kind(
    resource=HORIZONTALPODAUTOSCALERS,
    singular="horizontalpodautoscaler",
    definition="io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
    short_names=("hpa",),
    categories=("all",),
    subresources=with_status(HORIZONTALPODAUTOSCALERS),
    columns=(
        NAME,
        cell("Reference", _reference_cell),
        cell("Targets", targets_cell),
        cell("MinPods", _fewest_cell),
        number("MaxPods", "spec", "maxReplicas", kind="string"),
        number("Replicas", "status", "currentReplicas", kind="string"),
        AGE,
    ),
    default=default,
    validate=validate,
    has_open_status=True,
)
