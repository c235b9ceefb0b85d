"""Choosing offers."""

from collections import Counter
from typing import Any

import pytest

from bouvier.clusters.mesos.placement import choose, gathered


def offer(agent: str, cpus: float = 2.0, mem: float = 512.0, ports: tuple[int, int] = (31000, 31009)) -> dict[str, Any]:
    scalars = [{"name": n, "type": "SCALAR", "scalar": {"value": v}} for n, v in (("cpus", cpus), ("mem", mem))]
    ranges = {"range": [{"begin": ports[0], "end": ports[1]}]}
    return {
        "id": {"value": f"offer-{agent}"},
        "agent_id": {"value": agent},
        "hostname": f"host-{agent}",
        "resources": [*scalars, {"name": "ports", "type": "RANGES", "ranges": ranges}],
        "attributes": [{"name": "rack", "type": "TEXT", "text": {"value": agent}}],
    }


def fields(**more: Any) -> dict[str, Any]:
    return {"cpu": 500, "memory": 64, "ports": [[8080, "tcp", "http"]], **more}


def test_tasks_are_spread_and_take_their_share() -> None:
    """The agent with the fewest tasks is chosen; its port is not given out twice."""
    offers = gathered([offer("a"), offer("b")])
    chosen, _ = choose(fields(), offers, Counter({"a": 1}))
    assert chosen is not None
    assert chosen.agent == "b"
    first, second = chosen.take(fields()), chosen.take(fields())
    assert first != second
    assert (chosen.cpu, chosen.memory) == (1000, 384)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"cpu": 64000}, "not enough processor (2 agents)"),
        ({"memory": 4096}, "not enough memory (2 agents)"),
        ({"ports": [[80, "tcp", "p"]], "fixed_ports": True, "global": True}, "its port is not offered (2 agents)"),
        ({"constraints": [["rack", "LIKE", "z"]]}, "rack is not z (2 agents)"),
    ],
)
def test_a_refusal_says_why(more: dict[str, Any], reason: str) -> None:
    """What does not fit is counted by reason."""
    chosen, text = choose(fields(**more), gathered([offer("a"), offer("b")]), Counter())
    assert chosen is None
    assert reason in text


def test_apart_means_another_agent() -> None:
    """With UNIQUE an agent that has one of the tasks is left out; attributes select."""
    offers = gathered([offer("a"), offer("b")])
    chosen, _ = choose(fields(constraints=[["hostname", "UNIQUE", ""]]), offers, Counter({"a": 1}))
    assert chosen is not None
    assert chosen.agent == "b"
    chosen, _ = choose(fields(constraints=[["rack", "LIKE", "a"]]), offers, Counter({"a": 5}))
    assert chosen is not None
    assert chosen.agent == "a"


def test_reserved_resources_are_not_used() -> None:
    """What is reserved for a role, or may be taken back, does not count."""
    given = offer("a")
    given["resources"][0]["reservations"] = [{"role": "x"}]
    chosen, text = choose(fields(), gathered([given]), Counter())
    assert chosen is None
    assert "processor" in text
