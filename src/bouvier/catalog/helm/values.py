"""The values of a chart and its subcharts: defaults, what the user gives, and globals, brought together.

What the user gives wins over a parent's defaults, and those over a subchart's; `null` removes a default. `global` reaches
every subchart.
Source: https://helm.sh/docs/chart_template_guide/subcharts_and_globals/
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from typing import Any

from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.errors import ValuesError

GLOBAL = "global"
Values = dict[str, Any]


def coalesce(chart: Chart, given: Values) -> Values:
    """Return the values that the chart is rendered with, those of subcharts under their names.

    Raises:
        ValuesError: something that must be a mapping is none.
    """
    return _coalesce(chart, copy.deepcopy(given), "")


def _coalesce(chart: Chart, target: Values, path: str) -> Values:
    children = {child.name for child in chart.subcharts}
    _fill(target, _without_nulls(copy.deepcopy(chart.values)), keep_nulls_below=children)
    for child in chart.subcharts:
        inner = target.setdefault(child.name, {})
        if inner is None:
            inner = target[child.name] = {}
        if not isinstance(inner, dict):
            raise ValuesError([f"{path}{child.name}: expected a mapping with values of the subchart {child.name}"])
        _pass_globals(inner, target, path)
        _coalesce(child, inner, f"{path}{child.name}.")
    return target


def _fill(target: Values, defaults: Values, *, keep_nulls_below: Collection[str] = ()) -> None:
    """Bring defaults into the target where it has nothing, in place; a null in the target removes the key.

    Below the names of subcharts nulls stay: they are to remove the subchart's own defaults.
    """
    for key, default in defaults.items():
        if key not in target:
            target[key] = default
        elif target[key] is None:
            del target[key]
        elif isinstance(target[key], dict) and isinstance(default, dict):
            if key in keep_nulls_below:
                target[key] = _laid_under(target[key], default)
            else:
                _fill(target[key], default)


def _laid_under(target: Values, defaults: Values) -> Values:
    """Return the target with defaults where it has no entry, nulls in it kept."""
    result = dict(target)
    for key, default in defaults.items():
        if key not in result:
            result[key] = default
        elif isinstance(result[key], dict) and isinstance(default, dict):
            result[key] = _laid_under(result[key], default)
    return result


def _without_nulls(values: Values) -> Values:
    """Return defaults without nulls, which say nothing."""
    return {
        key: _without_nulls(value) if isinstance(value, dict) else value
        for key, value in values.items()
        if value is not None
    }


def _pass_globals(inner: Values, outer: Values, path: str) -> None:
    passed, own = outer.get(GLOBAL) or {}, inner.get(GLOBAL) or {}
    if not isinstance(passed, dict) or not isinstance(own, dict):
        raise ValuesError([f"{path}{GLOBAL}: expected a mapping"])
    inner[GLOBAL] = merged(own, passed)


def merged(base: Values, over: Values) -> Values:
    """Return two mappings as one, the second winning, mappings within them likewise."""
    result = copy.deepcopy(base)
    for key, value in over.items():
        present = result.get(key)
        result[key] = (
            merged(present, value) if isinstance(present, dict) and isinstance(value, dict) else copy.deepcopy(value)
        )
    return result


def value_at(values: Values, path: str) -> Any:
    """Return the value at a path such as `a.b`, None when there is none."""
    current: Any = values
    for step in path.split("."):
        if not isinstance(current, dict):
            return None
        current = current.get(step)
    return current
