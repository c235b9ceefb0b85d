"""When pods must go."""

from datetime import timedelta

import pytest

from bouvier.controllers.nodes.taint_eviction_plan import eviction_time
from bouvier.controllers.runtime.taints import tolerates
from tests.unit.controllers.making import NOW, ago, pod

LOST = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute", "timeAdded": ago(10)}


def tolerating(*tolerations):
    return pod(spec={"tolerations": list(tolerations)})


def test_an_intolerant_pod_goes_at_once():
    """No toleration, no time."""
    assert eviction_time(pod(), [LOST], NOW) == NOW


def test_the_tolerated_time_counts_from_the_taint():
    """A restarted controller does not grant it twice."""
    patient = tolerating({"key": LOST["key"], "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30})
    assert eviction_time(patient, [LOST], NOW) == NOW + timedelta(seconds=20)
    assert eviction_time(patient, [{**LOST, "timeAdded": ago(100)}], NOW) == NOW


def test_a_pod_that_tolerates_for_ever_stays_and_no_taint_evicts_nobody():
    """DaemonSet pods stay on lost hosts."""
    assert eviction_time(tolerating({"operator": "Exists"}), [LOST], NOW) is None
    assert eviction_time(pod(), [], NOW) is None


def test_the_shortest_patience_counts():
    """Every taint must be tolerated."""
    other = {"key": "x", "effect": "NoExecute", "value": "1", "timeAdded": ago(0)}
    patient = tolerating(
        {"key": LOST["key"], "operator": "Exists", "tolerationSeconds": 300},
        {"key": "x", "value": "1", "tolerationSeconds": 5},
    )
    assert eviction_time(patient, [LOST, other], NOW) == NOW + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("toleration", "answer"),
    [
        ({"key": "k", "value": "v"}, True),
        ({"key": "k", "value": "w"}, False),
        ({"key": "k", "operator": "Exists"}, True),
        ({"operator": "Exists"}, True),
        ({"operator": "Exists", "effect": "NoSchedule"}, False),
        ({"key": "other", "operator": "Exists"}, False),
    ],
)
def test_tolerations_match_as_kubernetes_says(toleration, answer):
    """Key, value, operator and effect."""
    assert tolerates(toleration, {"key": "k", "value": "v", "effect": "NoExecute"}) is answer
