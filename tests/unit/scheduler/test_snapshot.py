from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.scheduler.snapshot import Snapshot
from bouvier.scheduler.terms import PodMatcher
from tests.unit.scheduler.objects import node, on, pod

POD_STEPS = st.tuples(st.just("pod"), st.integers(0, 7), st.integers(0, 3), st.sampled_from(["1", "2"]))
NODE_STEPS = st.tuples(st.just("node"), st.integers(0, 3), st.booleans(), st.just(""))
GONE_STEPS = st.tuples(st.just("gone"), st.integers(0, 7), st.just(0), st.just(""))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(POD_STEPS, NODE_STEPS, GONE_STEPS), max_size=30))
def test_sums_follow_every_change(steps: list) -> None:
    """Whatever comes, goes or moves, in whatever order, sums and counts are those of the pods on known hosts."""
    snapshot = Snapshot()
    counted = PodMatcher(owner="rs")
    snapshot.counts.of(counted)
    pods: dict[str, tuple[str, str]] = {}
    nodes: set[str] = set()
    for kind, number, second, cpu in steps:
        if kind == "node":
            name = f"n{number}"
            if second:
                snapshot.set_node(node(name))
                nodes.add(name)
            else:
                snapshot.remove_node(name)
                nodes.discard(name)
        elif kind == "gone":
            assert snapshot.remove_pod(f"uid-p{number}") == (f"p{number}" in pods)
            pods.pop(f"p{number}", None)
        else:
            snapshot.set_pod(on(pod(f"p{number}", cpu=cpu, owner="rs", ports=[{"hostPort": 80}]), f"n{second}"))
            pods[f"p{number}"] = (f"n{second}", cpu)
    for name in nodes:
        row = snapshot.row_of[name]
        here = [cpu for host, cpu in pods.values() if host == name]
        assert snapshot.requested("cpu")[row] == sum(int(cpu) * 1000 for cpu in here)
        assert snapshot.requested("pods")[row] == len(here) == snapshot.counts.of(counted)[row]
        assert len(snapshot.pods_on(name)) == len(here)
        assert (row in snapshot.used_ports.get(("TCP", 80), {})) == bool(here)
    assert set(snapshot.row_of) == nodes
    assert snapshot.counts.of(counted).sum() == sum(host in nodes for host, _ in pods.values())


def test_many_hosts() -> None:
    """Arrays grow with the hosts, and rows of removed hosts are used again."""
    snapshot = Snapshot()
    for number in range(100):
        snapshot.set_node(node(f"n{number}", cpu=str(number)))
    capacity = snapshot.capacity
    for number in range(50):
        snapshot.remove_node(f"n{number}")
    for number in range(50):
        snapshot.set_node(node(f"m{number}", cpu=str(number)))
    assert (snapshot.capacity, int(snapshot.present.sum())) == (capacity, 100)
    for name, row in snapshot.row_of.items():
        assert snapshot.allocatable("cpu")[row] == int(name[1:]) * 1000


def test_only_what_matters_is_a_change() -> None:
    """A heartbeat of a host changes nothing; capacity, labels, taints and cordoning do."""
    snapshot = Snapshot()
    assert snapshot.set_node(node("n"))
    epoch = snapshot.epoch
    beat = node("n")
    beat["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    assert not snapshot.set_node(beat)
    assert snapshot.epoch == epoch
    for changed in (
        node("n", cpu="9"),
        node("n", cpu="9", labels={"a": "b"}),
        node("n", cpu="9", labels={"a": "b"}, taints=[{"key": "k", "effect": "NoSchedule"}]),
        node("n", cpu="9", labels={"a": "b"}, unschedulable=True),
    ):
        assert snapshot.set_node(changed)


def test_assumed_pods_are_confirmed_once() -> None:
    """A pod that was assumed and then seen bound counts once."""
    snapshot = Snapshot()
    snapshot.set_node(node("n"))
    waiting = pod("p", cpu="1")
    snapshot.assume(waiting, snapshot.shapes.shape_of(waiting), "n")
    assert snapshot.is_assumed("uid-p")
    assert not snapshot.set_pod(on(waiting, "n"))
    assert not snapshot.is_assumed("uid-p")
    assert snapshot.requested("cpu")[snapshot.row_of["n"]] == 1000
