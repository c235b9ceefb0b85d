"""`values.schema.json`: values checked before anything is rendered."""

from __future__ import annotations

import json
from typing import Any

from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.errors import ChartError, ValuesError

MOST_SHOWN = 10


def check_values(chart: Chart, values: dict[str, Any]) -> None:
    """Check values, and those of subcharts under their names, against the schemas.

    Raises:
        ValuesError: they do not fit; one line for each finding, with its path.
        ChartError: a schema is malformed.
    """
    errors = list(_errors(chart, values, ""))
    if errors:
        raise ValuesError(errors[:MOST_SHOWN])


def _errors(chart: Chart, values: dict[str, Any], prefix: str) -> list[str]:
    found: list[str] = []
    if chart.schema:
        import jsonschema_rs  # noqa: PLC0415 - most charts have no schema, and reading it takes a tenth of a rendering

        try:
            # References to other documents would be fetched: a chart must not reach into the network.
            validator = jsonschema_rs.validator_for(json.loads(chart.schema), retriever=_refuse)
            found += [_line(error, prefix) for error in validator.iter_errors(_plain(values))]
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            raise ChartError(f"{chart.path}/values.schema.json: {error}") from None
    for child in chart.subcharts:
        inner = values.get(child.name)
        found += _errors(child, inner if isinstance(inner, dict) else {}, f"{prefix}{child.name}.")
    return found


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri}: schemas of charts cannot refer to other documents")


def _plain(value: Any) -> Any:
    """Return values with whole floats as integers: JSON does not tell them apart, the validator's messages do."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _line(error: Any, prefix: str) -> str:
    path = prefix + ".".join(map(str, error.instance_path))
    return f"{path.rstrip('.') or 'values'}: {error.message}"
