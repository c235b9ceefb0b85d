"""Disruption budgets."""

from tests.unit.kinds.making import errors_of, kind_named, row_of

KIND = kind_named("poddisruptionbudgets", "policy")


def budget(**spec):
    return {"metadata": {"name": "a", "namespace": "x"}, "spec": spec}


def test_one_bound():
    """At least so many, or at most so many missing."""
    assert errors_of(KIND, budget(minAvailable="50%")) == []
    assert "cannot be both set" in errors_of(KIND, budget(minAvailable=1, maxUnavailable=1))[0]
    assert errors_of(KIND, budget(minAvailable=-1)) == [
        "spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"
    ]


def test_cells():
    """The bound that is not set is not applicable."""
    found = row_of(KIND, budget(minAvailable=2))
    assert (found["Min Available"], found["Max Unavailable"], found["Allowed Disruptions"]) == ("2", "N/A", 0)
