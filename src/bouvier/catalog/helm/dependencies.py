"""Which subcharts take part: conditions, tags, aliases, versions, and values that a parent imports.

Source: https://helm.sh/docs/topics/charts/#chart-dependencies
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.errors import ChartError
from bouvier.catalog.helm.values import Values, coalesce, merged, value_at
from bouvier.catalog.versions import parse_range, version_or_none


def resolve(chart: Chart, given: Values) -> Chart:
    """Return the chart with the subcharts that take part, aliases applied and values imported.

    Raises:
        ChartError: a dependency is not in `charts/`.
    """
    return _imported(_enabled(chart, coalesce(chart, given), "").with_parent(chart.parent_path))


def _enabled(chart: Chart, values: Values, prefix: str) -> Chart:
    wishes = declared(chart)
    kept = [child for child in chart.subcharts if not any(_is_meant(entry, child) for entry in wishes)]
    kept += [_aliased(entry, _find(chart, entry)) for entry in wishes if _is_enabled(entry, values, prefix)]
    narrowed = replace(chart, subcharts=kept)
    # Aliases have values of their own: their defaults are known only now.
    full = coalesce(narrowed, values) if not prefix else values
    narrowed.subcharts = [_enabled(child, full, f"{prefix}{child.name}.") for child in kept]
    return narrowed


def declared(chart: Chart) -> list[dict[str, Any]]:
    """Return the dependencies that `Chart.yaml` names."""
    return [entry for entry in chart.metadata.get("dependencies") or () if isinstance(entry, dict)]


def _is_meant(entry: dict[str, Any], child: Chart) -> bool:
    return bool(entry.get("name") == child.name)


def find_subchart(chart: Chart, entry: dict[str, Any]) -> Chart | None:
    """Return the subchart that a dependency means, None when the chart does not bring it."""
    wanted = str(entry.get("version") or "")
    for child in chart.subcharts:
        version = version_or_none(child.version)
        is_right = not wanted or child.version == wanted or (version and _in_range(wanted, version))
        if _is_meant(entry, child) and is_right:
            return child
    return None


def _find(chart: Chart, entry: dict[str, Any]) -> Chart:
    found = find_subchart(chart, entry)
    if found is not None:
        return found
    wanted = str(entry.get("version") or "")
    named = [child for child in chart.subcharts if _is_meant(entry, child)]
    have = f"; charts/ has {', '.join(child.version for child in named)}" if named else ""
    raise ChartError(
        f"{chart.path}: the dependency {entry['name']} {wanted} is not in charts/{have}; "
        "put its folder or archive there, or name the repository that it comes from"
    )


def _in_range(wanted: str, version: Any) -> bool:
    try:
        return parse_range(wanted).matches(version)
    except ValueError:
        return False


def _aliased(entry: dict[str, Any], child: Chart) -> Chart:
    alias = entry.get("alias")
    return replace(child, metadata=child.metadata | {"name": alias}) if alias else child


def _is_enabled(entry: dict[str, Any], values: Values, prefix: str) -> bool:
    """Tell whether a dependency takes part: the first condition that has a value decides, else its tags, else yes."""
    for condition in str(entry.get("condition") or "").split(","):
        wish = value_at(values, prefix + condition.strip()) if condition.strip() else None
        if isinstance(wish, bool):
            return wish
    tags = values.get("tags")
    wishes = [tags.get(tag) for tag in entry.get("tags") or ()] if isinstance(tags, dict) else []
    known = [wish for wish in wishes if isinstance(wish, bool)]
    return any(known) if known else True


def _imported(chart: Chart) -> Chart:
    """Return the chart with the values that it imports from its subcharts among its defaults."""
    subcharts = [_imported(child) for child in chart.subcharts]
    result = replace(chart, subcharts=subcharts)
    imports: Values = {}
    for entry in chart.metadata.get("dependencies") or ():
        child = next((one for one in subcharts if one.name == (entry.get("alias") or entry.get("name"))), None)
        if child is None:
            continue
        for wish in entry.get("import-values") or ():
            imports = merged(imports, _taken(wish, child, result))
    result.values = merged(imports, result.values)
    return result


def _taken(wish: Any, child: Chart, parent: Chart) -> Values:
    source, target = (wish.get("child"), wish.get("parent")) if isinstance(wish, dict) else (f"exports.{wish}", ".")
    defaults = coalesce(child, parent.values.get(child.name) or {})
    found = value_at(defaults, str(source))
    if not isinstance(found, dict):
        return {}
    taken: Values = copy.deepcopy(found)
    for step in reversed([part for part in str(target).split(".") if part]):
        taken = {step: taken}
    return taken
