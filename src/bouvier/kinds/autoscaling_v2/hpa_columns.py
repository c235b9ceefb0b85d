"""The cell that shows what an autoscaler measures and what it wants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds.autoscaling_v2.hpa_validation import SOURCES
from bouvier.meta.objects import Obj

_SHOWN = 2
"""How many measures the cell has room for."""


def targets_cell(obj: Obj) -> str:
    """Return `cpu: 12%/80%` for each measure: the present value and the target."""
    wanted = (obj.get("spec") or {}).get("metrics") or []
    current = (obj.get("status") or {}).get("currentMetrics") or []
    if not wanted:
        return "<none>"
    texts = [_text(metric, current[index] if index < len(current) else {}) for index, metric in enumerate(wanted)]
    shown = ", ".join(texts[:_SHOWN])
    return f"{shown} + {len(texts) - _SHOWN} more..." if len(texts) > _SHOWN else shown


def _text(metric: Mapping[str, Any], status: Mapping[str, Any]) -> str:
    field = SOURCES.get(metric.get("type") or "", "")
    if not field:
        return "<unknown type>"
    source, present = metric.get(field) or {}, (status.get(field) or {}).get("current") or {}
    target = source.get("target") or {}
    prefix = f"{source.get('name')}: " if field in ("resource", "containerResource") else ""
    if target.get("averageUtilization") is not None:
        now = present.get("averageUtilization")
        shown = "<unknown>" if now is None else f"{now}%"
        return f"{prefix}{shown}/{target['averageUtilization']}%"
    key = "averageValue" if target.get("averageValue") is not None else "value"
    suffix = " (avg)" if key == "averageValue" and field in ("external", "object") else ""
    return f"{prefix}{present.get(key) or '<unknown>'}/{target.get(key)}{suffix}"
