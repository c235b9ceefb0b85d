"""What is granted of a change of resources, as pure decisions."""

from __future__ import annotations

from decimal import Decimal

from bouvier.engine.states import Phase
from bouvier.node.pods.resizing import decide, had, with_granted
from tests.support.pods import container, pod, record, sandbox, seen
from tests.unit.node.pods.test_plan import steps

ROOM = {"cpu": "2", "memory": "1Gi"}


def needs(cpu: str, **more: str) -> dict[str, dict[str, str]]:
    return {"requests": {"cpu": cpu, **more}}


def test_room_decides() -> None:
    """What fits is granted; what fits later waits; what never fits is refused for good."""
    small, others = {"app": needs("100m")}, [{"cpu": Decimal("1.5")}]
    granted = decide(pod(container(resources=needs("400m"))), small, others, ROOM)
    assert (granted.granted["app"], granted.pending) == (needs("400m"), None)
    waits = decide(pod(container(resources=needs("600m"))), small, others, ROOM)
    assert waits.granted == small
    assert waits.pending
    assert waits.pending.reason == "Deferred"
    assert waits.pending.message == "Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000"
    never = decide(pod(container(resources=needs("3"))), small, [], ROOM)
    assert never.pending
    assert never.pending.reason == "Infeasible"
    assert never.pending.message == "Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000"


def test_less_is_always_granted() -> None:
    """A host that is too full may still be relieved."""
    full = [{"cpu": Decimal(5)}]
    assert decide(pod(container(resources=needs("50m"))), {"app": needs("100m")}, full, ROOM).pending is None


def test_a_new_agent_reads_what_containers_have() -> None:
    """The status of the API tells; where it says nothing the object's wish was granted."""
    wish = pod(container(resources=needs("2", memory="1Mi")))
    assert had(wish)["app"] == needs("2", memory="1Mi")
    reported = {"name": "app", "containerID": "docker://1", "resources": needs("1", memory="1Mi")}
    assert had(wish | {"status": {"containerStatuses": [reported]}})["app"] == needs("1", memory="1Mi")


def test_the_pod_looks_as_it_was_granted() -> None:
    """Everything else on the host sees the granted amounts."""
    wish = pod(container(resources=needs("2")))
    assert with_granted(wish, {"app": needs("2000m")}) is wish
    assert with_granted(wish, {"app": needs("1")})["spec"]["containers"][0]["resources"] == needs("1")


def test_a_running_container_is_changed_or_restarted() -> None:
    """Its policy for what changes decides."""
    app = container(resources=needs("2"))
    what = seen(sandbox(), record(app, Phase.RUNNING), resources={"app-0": needs("1")})
    assert steps(pod(app), what) == ["ResizeContainer app app-0"]
    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    assert steps(pod(app | {"resizePolicy": policy}), what) == ["StopContainer app app-0 +30 True"]
