"""Judging hosts."""

from datetime import timedelta

from bouvier.controllers.nodes.lifecycle_plan import Census, not_ready, plan
from tests.unit.controllers.making import NOW, node, pod, text

CALM = Census(hosts=3, unhealthy=1)


def taints(node_, **more):
    made = plan(node_, **({"silent": False, "census": CALM, "now": NOW} | more))
    return None if made.taints is None else [(t["key"].split("/")[-1], t["effect"]) for t in made.taints]


def test_a_healthy_host_is_left_alone():
    """No write at rest."""
    made = plan(node(), silent=False, census=CALM, now=NOW)
    assert (made.conditions, made.taints, made.distrust_pods) == (None, None, False)


def test_a_silent_host_becomes_unknown_and_unreachable():
    """Its conditions say why, and its pods are neither started nor kept there."""
    made = plan(node(), silent=True, census=CALM, now=NOW)
    assert {c["type"]: (c["status"], c["reason"]) for c in made.conditions} == {
        "Ready": ("Unknown", "NodeStatusUnknown"),
        "MemoryPressure": ("Unknown", "NodeStatusNeverUpdated"),
        "DiskPressure": ("Unknown", "NodeStatusNeverUpdated"),
        "PIDPressure": ("Unknown", "NodeStatusNeverUpdated"),
    }
    assert made.distrust_pods
    assert taints(node(), silent=True) == [("unreachable", "NoSchedule"), ("unreachable", "NoExecute")]


def test_the_time_of_a_taint_stays():
    """Evictions count from the first moment, however often the host is judged."""
    first = plan(node(), silent=True, census=CALM, now=NOW)
    lost = node(taints=first.taints)
    lost["status"]["conditions"] = first.conditions
    later = plan(lost, silent=True, census=CALM, now=NOW + timedelta(seconds=30))
    assert (later.taints, later.conditions) == (None, None)
    assert first.taints[1]["timeAdded"] == text(NOW)


def test_an_unready_host_is_tainted_and_recovers():
    """Taints follow what the host says of itself; other people's taints stay."""
    mine = {"key": "dedicated", "effect": "NoSchedule", "value": "db"}
    unready = node(ready="False", taints=[mine])
    assert taints(unready) == [("dedicated", "NoSchedule"), ("not-ready", "NoSchedule"), ("not-ready", "NoExecute")]
    tainted = plan(unready, silent=False, census=CALM, now=NOW).taints
    assert plan(node(taints=tainted), silent=False, census=CALM, now=NOW).taints == [mine]


def test_pressure_and_cordon_keep_pods_from_coming():
    """A full disk and `kubectl cordon` are taints too."""
    pressed = node(unschedulable=True)
    pressed["status"]["conditions"].append({"type": "DiskPressure", "status": "True"})
    assert taints(pressed) == [("disk-pressure", "NoSchedule"), ("unschedulable", "NoSchedule")]


def test_nothing_is_evicted_when_everything_is_silent():
    """If no host is heard the fault is ours: pods that run must not be deleted."""
    assert taints(node(), silent=True, census=Census(2, 2)) == [("unreachable", "NoSchedule")]
    assert taints(node(), silent=True, census=Census(5, 3)) == [("unreachable", "NoSchedule")]
    assert ("unreachable", "NoExecute") in taints(node(), silent=True, census=Census(3, 2))


def test_a_new_host_takes_no_pods_before_it_reports():
    """Without a Ready condition there is nothing to run pods."""
    new = node()
    new["status"] = {}
    assert taints(new) == [("not-ready", "NoSchedule")]


def test_ready_pods_of_a_silent_host_leave_service():
    """Ready becomes False once; other conditions stay."""
    conditions = not_ready(pod(), NOW)
    assert conditions[0]["status"] == "False"
    assert not_ready(pod(ready=False), NOW) is None
