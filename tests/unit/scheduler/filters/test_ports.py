"""Host ports: who may stand beside whom on one host."""

from bouvier.scheduler.filters import ports
from bouvier.scheduler.snapshot import Snapshot
from tests.unit.scheduler.objects import node, on, pod


def asking(name: str, address: str) -> dict:
    made = pod(ports=[{"hostPort": 80, "hostIP": address}])
    return made | {"metadata": made["metadata"] | {"name": name, "uid": f"uid-{name}"}}


def test_a_port_is_free_again_while_others_keep_it_on_other_addresses() -> None:
    """What one pod leaves may be taken by the next, whoever listens beside it."""
    snapshot = Snapshot()
    snapshot.set_node(node("n0"))
    snapshot.set_pod(on(asking("one", "10.0.0.1"), "n0"))
    snapshot.set_pod(on(asking("two", "10.0.0.2"), "n0"))
    snapshot.remove_pod("uid-one")

    row = snapshot.row_of["n0"]
    assert ports.check(snapshot, snapshot.shapes.shape_of(asking("three", "10.0.0.1")))[row]
    assert not ports.check(snapshot, snapshot.shapes.shape_of(asking("four", "10.0.0.2")))[row]
