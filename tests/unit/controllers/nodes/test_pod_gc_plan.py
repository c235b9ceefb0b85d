"""Pods that nobody else removes."""

from bouvier.controllers.nodes.pod_gc_plan import leftovers
from tests.unit.controllers.making import ago, node, pod


def names(pods):
    return [p["metadata"]["name"] for p in pods]


def test_leftovers_are_found_and_healthy_pods_are_not():
    """Each reason by itself."""
    off = node("off", ready="Unknown", taints=[{"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}])
    nodes = {"h1": node("h1"), "off": off}
    found = leftovers(
        [
            pod("fine"),
            pod("hostless", host="gone"),
            pod("unscheduled", host="", deletionTimestamp=ago(1)),
            pod("waiting", host=""),
            pod("ending", deletionTimestamp=ago(1)),
            pod("switched-off", host="off", deletionTimestamp=ago(1)),
        ],
        nodes.get,
    )
    assert names(found.hostless) == ["hostless"]
    assert names(found.unscheduled) == ["unscheduled"]
    assert names(found.out_of_service) == ["switched-off"]
    assert found.finished == []


def test_the_oldest_finished_pods_go_when_there_are_too_many():
    """Logs of recent jobs stay readable."""
    ended = [pod(f"e{age}", phase="Succeeded", age=age) for age in (10, 30, 20)]
    assert names(leftovers(ended, {"h1": node()}.get, most_finished=1).finished) == ["e30", "e20"]
