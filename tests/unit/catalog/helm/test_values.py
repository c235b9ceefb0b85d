"""Values brought together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bouvier.catalog.helm.chart import Chart
from bouvier.catalog.helm.values import coalesce, merged, value_at

VALUES = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(one=MAPS, two=MAPS)
def test_the_later_of_two_wins(one: Any, two: Any) -> None:
    """Repeating changes nothing, what the later one says is so, and what it does not mention stays."""
    both = merged(one, two)
    assert merged(both, two) == both
    assert merged(one, one) == one
    assert merged({}, one) == merged(one, {}) == one
    for key in one.keys() | two.keys():
        if key not in two:
            assert both[key] == one[key]
        elif not isinstance(two[key], dict):
            assert both[key] == two[key]


@given(defaults=MAPS, given_values=MAPS)
def test_given_values_win_and_defaults_fill(defaults: Any, given_values: Any) -> None:
    """Coalescing is merging the given values over the defaults, where nothing is removed by null."""
    before = merged(given_values, {})
    chart = Chart({"name": "x", "version": "1.0.0"}, values=defaults)
    assert coalesce(chart, given_values) == merged(defaults, given_values)
    assert given_values == before


def test_null_removes_a_default() -> None:
    """Also deep inside, and of a subchart."""
    child = Chart({"name": "child", "version": "1.0.0"}, values={"a": 1, "b": 2})
    chart = Chart({"name": "x", "version": "1.0.0"}, values={"m": {"k": 1, "l": 2}}, subcharts=[child])
    found = coalesce(chart, {"m": {"k": None}, "child": {"a": None}})
    assert found["m"] == {"l": 2}
    assert "a" not in found["child"] or found["child"]["a"] is None
    assert value_at(found, "child.b") == 2
    assert value_at(found, "m.l.x") is None
