"""Our engine against Helm itself: expressions one by one, whole charts, and random values."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bouvier.catalog.gotemplate import TemplateError
from bouvier.catalog.helm.capabilities import Capabilities
from bouvier.catalog.helm.errors import ChartError, ValuesError
from bouvier.catalog.helm.loading import load_folder
from bouvier.catalog.helm.rendering import ReleaseFacts, render_texts
from tests.conformance.helm.charts import CASES, Files
from tests.conformance.helm.oracle import helm_render, write_chart

helm_python = pytest.importorskip("helm_python", reason="needs Helm's SDK: pip install helm-python-sdk")

EXPRESSIONS = [
    line
    for line in (Path(__file__).parent / "expressions.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
FACTS = ReleaseFacts("rel", "ns")
LIKE_HELM = Capabilities("v1.36.0")
PROBE = "probe/templates/t000.txt"


def ours(chart: Path, values: dict[str, Any] | None = None) -> dict[str, str]:
    return render_texts(load_folder(chart), values or {}, FACTS, LIKE_HELM)


def helm_or_error(chart: Path, values: dict[str, Any] | None = None) -> dict[str, str] | None:
    try:
        return helm_render(chart, values)
    except helm_python.HelmError:
        return None


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_gives_what_it_gives_in_helm(tmp_path: Path, expression: str) -> None:
    """The same text; and what Helm refuses is refused here, with template, line and column."""
    chart = write_chart(tmp_path, [expression])
    expected = helm_or_error(chart)
    if expected is None:
        with pytest.raises(TemplateError, match=r"\S+:\d+:\d+: "):
            ours(chart)
        return
    assert ours(chart)[PROBE] == expected[PROBE]


def write(folder: Path, name: str, files: Files) -> Path:
    for path, text in files.items():
        (folder / name / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / name / path).write_text(text)
    return folder / name


@pytest.mark.parametrize(("name", "files", "values"), CASES)
def test_a_chart_gives_what_it_gives_in_helm(tmp_path: Path, name: str, files: Files, values: dict[str, Any]) -> None:
    """Every template of the chart and its subcharts, byte for byte; values that Helm refuses are refused."""
    chart = write(tmp_path, name, files)
    expected = helm_or_error(chart, values)
    if expected is None:
        with pytest.raises((ValuesError, ChartError, TemplateError)):
            ours(chart, values)
        return
    assert ours(chart, values) == expected


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs", "Cc")), max_size=100)
PLAIN = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab1_-. é", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def printing_chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    expression = '{{ $v := .Values.v | mustFromJson }}{{ toYaml $v }}\n{{ toJson $v }}\n{{ toPrettyJson $v }}\n{{ printf "%v" $v }}'
    return write_chart(tmp_path_factory.mktemp("printing"), [expression])


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=VALUES)
def test_values_are_written_as_helm_writes_them(printing_chart: Path, value: Any) -> None:
    """Any value as YAML, JSON and text."""
    values = {"v": json.dumps(value)}

    assert ours(printing_chart, values)[PROBE] == helm_render(printing_chart, values)[PROBE]


INTEGER_VERBS, FLOAT_VERBS, TEXT_VERBS = "vdxXob", "veEfFgG", "vsqxX"


@settings(max_examples=100, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), width=st.integers(0, 12), precision=st.none() | st.integers(0, 6))
def test_printf_prints_as_gos(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, width: int, precision: int | None
) -> None:
    """Verbs with flags, width and precision, for integers, floats and texts."""
    number = data.draw(st.integers(-(10**6), 10**6))
    cases = [
        (INTEGER_VERBS, "+- 0", str(number), False),
        (FLOAT_VERBS, "+- 0", f"{number / 8}", True),
        (TEXT_VERBS, "-", json.dumps(data.draw(st.text('ab é"', max_size=6)), ensure_ascii=False), True),
    ]
    verbs, known, value, has_precision = data.draw(st.sampled_from(cases))
    flag = data.draw(st.sampled_from(["", *known]))
    dot = "" if precision is None or not has_precision else f".{precision}"
    form = json.dumps(f"%{flag}{width or ''}{dot}{data.draw(st.sampled_from(verbs))}")
    chart = write_chart(tmp_path_factory.mktemp("printf"), [f"[{{{{ printf {form} {value} }}}}]"])

    assert ours(chart)[PROBE] == helm_render(chart)[PROBE], (form, value)
