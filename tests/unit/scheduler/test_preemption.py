"""Who leaves for whom, as a pure decision."""

from __future__ import annotations

from bouvier.meta.objects import Obj
from bouvier.scheduler.cycle import Evaluation
from bouvier.scheduler.preemption import Preemption, may_preempt, plan
from bouvier.scheduler.snapshot import Snapshot
from tests.unit.scheduler.objects import node, on, pod


def planned(snapshot: Snapshot, wanted: Obj, budgets: list[Obj] | None = None) -> Preemption | None:
    shape = snapshot.shapes.shape_of(wanted)
    return plan(Evaluation(snapshot, shape), budgets or [])


def hosts(*pods: tuple[Obj, str]) -> Snapshot:
    snapshot = Snapshot()
    for name in ("n0", "n1"):
        snapshot.set_node(node(name, cpu="2"))
    for one, host in pods:
        snapshot.set_pod(on(one, host))
    return snapshot


def names(found: Preemption | None) -> tuple[str, list[str]]:
    assert found is not None
    return found.host, sorted(victim.key.rpartition("/")[2] for victim in found.victims)


def test_as_few_and_as_unimportant_as_possible() -> None:
    """The host whose victims matter least is taken, and nobody leaves in vain."""
    snapshot = hosts(
        (pod("a", cpu="1", priority=5), "n0"),
        (pod("b", cpu="1", priority=1), "n0"),
        (pod("c", cpu="2", priority=2), "n1"),
    )
    before = {uid: placed.host for uid, placed in snapshot.pods.items()}
    assert names(planned(snapshot, pod(cpu="1", priority=9))) == ("n0", ["b"])
    assert names(planned(snapshot, pod(cpu="2", priority=9))) == ("n1", ["c"])
    assert {uid: placed.host for uid, placed in snapshot.pods.items()} == before
    assert int(snapshot.requested("cpu").sum()) == 4000


def test_nobody_of_the_same_priority_leaves() -> None:
    """Priority must be higher, and the host must allow the pod at all."""
    snapshot = hosts((pod("a", cpu="2", priority=5), "n0"), (pod("b", cpu="2", priority=5), "n1"))
    assert planned(snapshot, pod(cpu="1", priority=5)) is None
    assert planned(snapshot, pod(cpu="3", priority=9)) is None
    assert planned(snapshot, pod(cpu="1", priority=9, nodeSelector={"disk": "ssd"})) is None
    wanted = pod(cpu="1", priority=9, preemptionPolicy="Never")
    assert not may_preempt(wanted, snapshot.shapes.shape_of(wanted), snapshot)


def test_budgets() -> None:
    """A victim whose budget has nothing left counts for more than any priority."""
    snapshot = hosts(
        (pod("a", cpu="2", priority=1, labels={"app": "kept"}), "n0"),
        (pod("b", cpu="2", priority=5), "n1"),
    )
    budget = {
        "metadata": {"name": "b", "namespace": "x"},
        "spec": {"selector": {"matchLabels": {"app": "kept"}}},
        "status": {"disruptionsAllowed": 0},
    }
    assert names(planned(snapshot, pod(cpu="1", priority=9), [budget])) == ("n1", ["b"])
    assert names(planned(snapshot, pod(cpu="1", priority=9))) == ("n0", ["a"])
