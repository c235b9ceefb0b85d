"""Counting and choosing pods."""

from collections import Counter

import pytest

from bouvier.controllers.workloads.pods import (
    deletion_order,
    from_template,
    is_active,
    is_available,
    seconds_until_available,
)
from tests.unit.controllers.making import NOW, ago, pod, replica_set, template

SAME = {"age": 1000, "ready_for": 1000}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (pod("a", host="", **SAME), pod("b", **SAME)),
        (pod("a", phase="Pending", **SAME), pod("b", **SAME)),
        (pod("a", ready=False, **SAME), pod("b", **SAME)),
        (pod("a", annotations={"controller.kubernetes.io/pod-deletion-cost": "-5"}, **SAME), pod("b", **SAME)),
        (pod("a", age=1000, ready_for=10), pod("b", **SAME)),
        (pod("a", restarts=3, **SAME), pod("b", restarts=1, **SAME)),
        (pod("a", age=10, ready_for=5), pod("b", age=5000, ready_for=5)),
    ],
    ids=["unassigned", "pending", "not ready", "cheap", "ready for less time", "restarted more", "newer"],
)
def test_the_less_valuable_pod_goes_first(first, second):
    """Scaling down takes the pod whose loss hurts least."""
    assert [p["metadata"]["name"] for p in deletion_order([second, first], Counter(), NOW)] == ["a", "b"]


def test_crowded_hosts_give_up_theirs_first():
    """Of equal pods the one beside more siblings goes."""
    order = deletion_order([pod("a", host="h1", **SAME), pod("b", host="h2", **SAME)], Counter(h1=1, h2=2), NOW)
    assert order[0]["metadata"]["name"] == "b"


def test_a_nonsense_deletion_cost_counts_as_none():
    """A user's typing error does not stop a controller."""
    odd = pod("a", annotations={"controller.kubernetes.io/pod-deletion-cost": "cheap"}, **SAME)
    assert deletion_order([odd], Counter(), NOW) == [odd]


def test_ended_and_deleting_pods_are_not_replicas():
    """Only pods that can still serve count."""
    assert is_active(pod())
    assert not is_active(pod(phase="Failed"))
    assert not is_active(pod(deletionTimestamp=ago(1)))


def test_a_pod_is_available_after_being_ready_for_the_asked_time():
    """minReadySeconds delays availability, and the controller knows until when."""
    young = pod(ready_for=4)
    assert is_available(young, 0, NOW)
    assert not is_available(young, 10, NOW)
    assert seconds_until_available([young, pod(ready=False)], 10, NOW) == 6
    assert is_available(young, 4, NOW)


def test_a_pod_from_a_template_has_its_labels_and_owner():
    """What the template says is what runs."""
    made = from_template(template(annotations={"x": "y"}), replica_set("web-abc"), {"uid": "u"}, "web-abc-12345")
    assert made["metadata"] == {
        "labels": {"app": "web"},
        "annotations": {"x": "y"},
        "name": "web-abc-12345",
        "generateName": "web-abc-",
        "namespace": "ns",
        "ownerReferences": [{"uid": "u"}],
    }
    assert made["spec"] == template()["spec"]
