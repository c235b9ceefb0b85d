"""Priority classes."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, update_errors_of

KIND = kind_named("priorityclasses", "scheduling.k8s.io")


def priority(name="high", value=10):
    return {"metadata": {"name": name}, "value": value}


def test_values():
    """The highest numbers are the system's."""
    assert errors_of(KIND, priority()) == []
    assert errors_of(KIND, priority(value=2_000_000_000)) == [
        "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"
    ]
    assert errors_of(KIND, priority("system-node-critical", 2_000_001_000)) == []
    assert "reserved for system use only" in errors_of(KIND, priority("system-mine"))[0]


def test_values_stay():
    """Pods carry the number already."""
    assert update_errors_of(KIND, priority(value=5), priority()) == [
        "value: Forbidden: may not be changed in an update."
    ]
    assert defaulted(KIND, priority())["preemptionPolicy"] == "PreemptLowerPriority"
