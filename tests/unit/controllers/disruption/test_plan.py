"""How many pods may be evicted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.disruption.plan import Observed, plan
from tests.unit.controllers.making import NOW, ago, pod


def budget(disrupted=None, **spec):
    status = {"disruptedPods": disrupted} if disrupted else {}
    metadata = {"name": "web", "namespace": "ns", "generation": 2}
    return {"metadata": metadata, "spec": {"selector": {}, **spec}, "status": status}


def pods(ready, unready=0):
    return [pod(f"r{n}") for n in range(ready)] + [pod(f"u{n}", ready=False) for n in range(unready)]


def status(made, present, expected=None, **more):
    return plan(Observed(made, present, len(present) if expected is None else expected, NOW, **more)).status


@pytest.mark.parametrize(
    ("spec", "ready", "expected", "allowed"),
    [
        ({"minAvailable": 2}, 3, 3, 1),
        ({"minAvailable": 2}, 2, 3, 0),
        ({"minAvailable": "50%"}, 5, 5, 2),
        ({"maxUnavailable": 1}, 3, 3, 1),
        ({"maxUnavailable": 1}, 2, 3, 0),
        ({"maxUnavailable": "30%"}, 10, 10, 3),
        ({"maxUnavailable": "30%"}, 4, 4, 2),
        ({"maxUnavailable": 0}, 3, 3, 0),
        ({"minAvailable": 0}, 0, 0, 0),
    ],
)
def test_numbers_and_percentages(spec, ready, expected, allowed):
    """Percentages are rounded up, as documented."""
    found = status(budget(**spec), pods(ready), expected)
    assert found["disruptionsAllowed"] == allowed
    condition = found["conditions"][0]
    assert condition["reason"] == ("SufficientPods" if allowed else "InsufficientPods")


def test_a_granted_eviction_counts_at_once():
    """The pod still looks healthy in the cache, but its disruption is spent."""
    found = status(budget({"r0": ago(1)}, minAvailable=2), pods(3))
    assert (found["currentHealthy"], found["disruptionsAllowed"]) == (2, 0)
    assert found["disruptedPods"] == {"r0": ago(1)}


def test_granted_evictions_are_forgotten_when_seen_or_overdue():
    """A pod that goes needs no note; one that stayed for two minutes counts again and is reported."""
    ending = pod("r0", deletionTimestamp=ago(1))
    found = status(budget({"r0": ago(5)}, minAvailable=1), [ending, pod("r1"), pod("r2")])
    assert "disruptedPods" not in found
    assert found["disruptionsAllowed"] == 1
    made = plan(Observed(budget({"r1": ago(130)}, minAvailable=1), pods(3), 3, NOW))
    assert made.status["disruptionsAllowed"] == 2
    assert [each["metadata"]["name"] for each in made.stayed] == ["r1"]


def test_what_cannot_be_counted_may_not_be_disrupted():
    """An unknown number of wanted pods blocks evictions and says why."""
    found = status(
        budget(maxUnavailable=1), pods(3), problem="daemonsets.apps does not implement the scale subresource"
    )
    assert found["disruptionsAllowed"] == 0
    assert found["conditions"][0]["reason"] == "SyncFailed"
    assert "scale subresource" in found["conditions"][0]["message"]


@given(
    ready=st.integers(0, 12),
    unready=st.integers(0, 5),
    granted=st.sets(st.integers(0, 11), max_size=4),
    least=st.integers(0, 12),
)
def test_evicting_what_is_allowed_keeps_the_promise(ready, unready, granted, least):
    """After all allowed evictions, and those granted before, at least minAvailable healthy pods are left."""
    disrupted = {f"r{n}": ago(1) for n in granted if n < ready}
    found = status(budget(disrupted, minAvailable=least), pods(ready, unready))
    left = ready - len(disrupted) - found["disruptionsAllowed"]
    assert left >= min(least, ready - len(disrupted))
