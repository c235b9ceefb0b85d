"""Limit ranges."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named

KIND = kind_named("limitranges")


def limits(**item):
    return {"metadata": {"name": "a", "namespace": "x"}, "spec": {"limits": [{"type": "Container", **item}]}}


def test_a_maximum_is_the_default_limit():
    """What is not said follows from what is."""
    item = defaulted(KIND, limits(max={"cpu": "1000m"}, min={"memory": "1Mi"}))["spec"]["limits"][0]
    assert item["default"] == {"cpu": "1"}
    assert item["defaultRequest"] == {"cpu": "1", "memory": "1Mi"}


def test_bounds_are_in_order():
    """A minimum above the maximum is a mistake."""
    found = errors_of(KIND, limits(min={"cpu": "2"}, max={"cpu": "1"}))
    assert 'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1' in found


def test_a_ratio_is_no_less_than_one():
    """A limit below its request would make no sense."""
    limits = [{"type": "Container", "maxLimitRequestRatio": {"cpu": "0.5"}}]
    found = errors_of(KIND, {"metadata": {"name": "l", "namespace": "d"}, "spec": {"limits": limits}})
    assert [message.partition(": ")[0] for message in found] == ["spec.limits[0].maxLimitRequestRatio[cpu]"]
    assert "is less than 1" in found[0]
