from decimal import Decimal

import pytest

from bouvier.meta.objects import Obj
from bouvier.node.pods.admission import Refusal, refusal, refused_status
from tests.support.pods import container, pod

ROOM = {"cpu": "2", "memory": "1Gi", "pods": "3"}


def asking(**requests: str) -> Obj:
    return pod(container(resources={"requests": requests}))


def wanting(port: int, **fields: str) -> Obj:
    return pod(container(ports=[{"hostPort": port, "containerPort": 80, **fields}]))


def test_a_host_that_is_full_says_what_it_lacks() -> None:
    """The figures are the kubelet's: millicores and bytes."""
    taken = [{"cpu": Decimal("1.5"), "memory": Decimal(1024)}]
    assert refusal(asking(cpu="500m"), [], taken, ROOM) is None
    text = "Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000"
    assert refusal(asking(cpu="600m"), [], taken, ROOM) == Refusal("OutOfcpu", text)
    found = refusal(asking(memory="1Gi"), [], taken, ROOM)
    assert found
    assert found.reason == "OutOfmemory"


def test_a_host_has_a_number_of_pods() -> None:
    """Pods without requests count as well."""
    assert refusal(pod(), [], [{}, {}], ROOM) is None
    text = "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3"
    assert refusal(pod(), [], [{}, {}, {}], ROOM) == Refusal("OutOfpods", text)


def test_what_the_host_does_not_count_is_no_reason() -> None:
    """Devices of other names are the scheduler's matter."""
    assert refusal(asking(**{"example.com/dongle": "4"}), [], [], ROOM) is None


@pytest.mark.parametrize(
    ("mine", "theirs", "refused"),
    [
        ({}, {}, True),
        ({"hostIP": "10.0.0.1"}, {}, True),
        ({"hostIP": "10.0.0.1"}, {"hostIP": "0.0.0.0"}, True),
        ({"hostIP": "10.0.0.1"}, {"hostIP": "10.0.0.2"}, False),
        ({"protocol": "UDP"}, {"protocol": "TCP"}, False),
    ],
)
def test_a_port_of_the_host_is_had_by_one(mine: dict[str, str], theirs: dict[str, str], refused: bool) -> None:
    """Unless address or protocol differ."""
    found = refusal(wanting(8080, **mine), [wanting(9090), wanting(8080, **theirs)], [{}, {}], ROOM)
    text = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
    assert found == (Refusal("NodePorts", text) if refused else None)


def test_the_status_of_a_refused_pod() -> None:
    """It has failed without any container, and says why."""
    status = refused_status(pod(), Refusal("NodePorts", "taken"), "2026-01-01T00:00:00Z")
    assert status["phase"] == "Failed"
    assert (status["reason"], status["message"]) == ("NodePorts", "Pod was rejected: taken")
    assert "containerStatuses" not in status
