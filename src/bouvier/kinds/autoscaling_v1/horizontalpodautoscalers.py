"""HorizontalPodAutoscaler as `autoscaling/v1` shows it: processor use alone, the rest kept in annotations.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v1/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from bouvier.kinds.autoscaling_v2 import horizontalpodautoscalers as v2
from bouvier.kinds.kind import no_errors, no_update_errors, nothing
from bouvier.kinds.subresources import with_status
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
METRICS = "autoscaling.alpha.kubernetes.io/metrics"
BEHAVIOR = "autoscaling.alpha.kubernetes.io/behavior"
CURRENT = "autoscaling.alpha.kubernetes.io/current-metrics"
CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"


def to_v2(obj: Obj) -> Obj:
    """Return the stored form of an object written as v1."""
    given = obj.get("spec")
    spec = given or {}
    annotations = (obj.get("metadata") or {}).get("annotations") or {}
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    metrics: list[Any] = _taken(annotations, METRICS) or []
    if percent is not None:
        metrics = [_processor(percent), *metrics]
    if metrics:
        spec["metrics"] = metrics
    behavior = _taken(annotations, BEHAVIOR)
    if behavior:
        spec["behavior"] = behavior
    status = obj.get("status")
    if status is not None:
        status.pop("currentCPUUtilizationPercentage", None)
        for field, annotation in (("currentMetrics", CURRENT), ("conditions", CONDITIONS)):
            kept = _taken(annotations, annotation)
            if kept:
                status[field] = kept
    if "metadata" in obj and not annotations:
        obj["metadata"].pop("annotations", None)
    return obj | {"apiVersion": "autoscaling/v2"} | ({"spec": spec} if spec or given is not None else {})


def from_v2(obj: Obj) -> Obj:
    """Return a stored object as v1 shows it."""
    spec = dict(obj.get("spec") or {})
    annotations = dict(obj["metadata"].get("annotations") or {})
    metrics = spec.pop("metrics", [])
    others = []
    for metric in metrics:
        percent = _percent(metric)
        if percent is not None and "targetCPUUtilizationPercentage" not in spec:
            spec["targetCPUUtilizationPercentage"] = percent
        else:
            others.append(metric)
    _keep(annotations, METRICS, others)
    _keep(annotations, BEHAVIOR, spec.pop("behavior", None))
    status = dict(obj.get("status") or {})
    current = status.pop("currentMetrics", [])
    for metric in current:
        measured = ((metric.get("resource") or {}).get("current") or {}).get("averageUtilization")
        if metric.get("type") == "Resource" and metric["resource"].get("name") == "cpu" and measured is not None:
            status["currentCPUUtilizationPercentage"] = measured
    _keep(annotations, CURRENT, current)
    _keep(annotations, CONDITIONS, status.pop("conditions", None))
    metadata = obj["metadata"] | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": "autoscaling/v1", "kind": RESOURCE.kind, "metadata": metadata, "spec": spec, "status": status}


def _processor(percent: int) -> dict[str, Any]:
    return {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}},
    }


def _percent(metric: dict[str, Any]) -> int | None:
    source = metric.get("resource") or {}
    if metric.get("type") != "Resource" or source.get("name") != "cpu":
        return None
    percent = (source.get("target") or {}).get("averageUtilization")
    return percent if isinstance(percent, int) else None


def _taken(annotations: dict[str, Any], name: str) -> Any:
    """Return what an annotation holds and remove it; text that is not JSON is dropped."""
    text = annotations.pop(name, None)
    try:
        return orjson.loads(text) if text else None
    except ValueError:
        return None


def _keep(annotations: dict[str, Any], name: str, value: Any) -> None:
    if value:
        annotations[name] = orjson.dumps(value).decode()


def _on_v2(cell: Callable[[Obj], Any]) -> Callable[[Obj], Any]:
    return lambda obj: cell(to_v2(orjson.loads(orjson.dumps(obj))))


KIND = replace(
    v2.KIND,
    resource=RESOURCE,
    definition="io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler",
    subresources=with_status(RESOURCE),
    columns=[column._replace(value=_on_v2(column.value)) for column in v2.KIND.columns],
    default=nothing,
    validate=no_errors,
    validate_update=no_update_errors,
    storage_version="v2",
    to_storage=to_v2,
    from_storage=from_v2,
)
