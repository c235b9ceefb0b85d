"""Helm itself, through its SDK, and the chart around one expression."""

import json
from pathlib import Path
from typing import Any

import yaml

VALUES = {
    "count": 5,
    "big": 1000000,
    "huge": 12345678901,
    "float": 1.5,
    "small": 0.00001,
    "negative": -3,
    "flag": True,
    "name": "web",
    "nothing": None,
    "list": [1, "two", 3.5, None, True],
    "map": {"a": 1, "b": "two", "a10": 2, "a2": 3},
    "nested": {"x": {"inner": "z"}},
    "emptyMap": {},
    "emptyList": [],
    "template": "{{ .Release.Name }}!",
    "long": "word " * 30,
}
SHARED = '{{- define "probe.shared" -}}shared {{ .Chart.Name }}{{- end -}}'


def write_chart(folder: Path, expressions: list[str]) -> Path:
    """Write a chart with a template for each expression."""
    chart = folder / "probe"
    (chart / "templates").mkdir(parents=True)
    (chart / "config").mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: probe\nversion: 0.1.0\nappVersion: '7'\n")
    (chart / "values.yaml").write_text(yaml.safe_dump(VALUES))
    (chart / "config" / "a.txt").write_text("one\ntwo\n")
    (chart / "config" / "b.json").write_text('{"x": 1}')
    (chart / "templates" / "_helpers.tpl").write_text(SHARED)
    for index, expression in enumerate(expressions):
        (chart / "templates" / f"t{index:03d}.txt").write_text(expression)
    return chart


def helm_render(chart: Path, values: dict[str, Any] | None = None) -> dict[str, str]:
    """Return what Helm renders; raises its error."""
    import helm_python

    with helm_python.Chart.load(chart) as loaded:
        return loaded.render(json.loads(json.dumps(values or {})), name="rel", namespace="ns")
