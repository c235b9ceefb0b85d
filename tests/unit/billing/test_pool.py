"""One pool over all clusters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.billing.pool import IDLE, Amount, ClusterState, pool, totals


def node(name: str, cpu: int = 4, *, ready: bool = True) -> dict:
    condition = {"type": "Ready", "status": str(ready)}
    status = {"conditions": [condition], "capacity": {"cpu": str(cpu), "memory": "8Gi"}}
    return {"metadata": {"name": name}, "status": status}


def pod(name: str, host: str, cpu: int, namespace: str = "default", phase: str = "Running") -> dict:
    container = {"resources": {"requests": {"cpu": f"{cpu}m"}}}
    metadata = {"name": name, "namespace": namespace, "labels": {"app": name[0]}}
    return {"metadata": metadata, "spec": {"nodeName": host, "containers": [container]}, "status": {"phase": phase}}


LOCAL = ClusterState(
    "local",
    "native",
    [node("h1"), node("h2"), node("lost", ready=False)],
    [pod("a1", "h1", 1000), pod("a2", "h2", 500, "team"), pod("b", "h1", 200), pod("old", "h1", 900, phase="Failed")],
    {("default", "a1"): Amount(250, 0), ("team", "a2"): Amount(900, 0), ("default", "b"): Amount(200, 0)},
)
SWARM = ClusterState("swarm", "swarm", [node("w1", 2)], [pod("c", "w1", 300)], None)


def test_hosts_have_what_is_idle_wasted_and_used() -> None:
    """Reserved and not used is wasted; what is used beyond what is reserved is not idle; lost hosts offer nothing."""
    found = pool([LOCAL, SWARM], "host")
    assert set(found) == {"local/h1", "local/h2", "swarm/w1"}
    assert found["local/h1"].document()["cpuMillis"] == {
        "capacity": 4000, "reserved": 1200, "used": 450, "wasted": 750, "idle": 2800,
    }  # fmt: skip
    assert found["local/h2"].document()["cpuMillis"]["idle"] == 3100
    assert found["swarm/w1"].document()["cpuMillis"] == {
        "capacity": 2000, "reserved": 300, "used": None, "wasted": None, "idle": 1700,
    }  # fmt: skip


def test_projects_and_labels_reach_over_clusters() -> None:
    """The same project in two clusters is one line; what nobody has is a line of its own."""
    found = pool([LOCAL, SWARM], "project")
    assert {key: share.reserved.cpu for key, share in found.items()} == {IDLE: 0, "default": 1500, "team": 500}
    assert found[IDLE].capacity.cpu == totals([LOCAL, SWARM]).idle.cpu
    assert {key: share.reserved.cpu for key, share in pool([LOCAL], "label:app").items()} == {
        IDLE: 0,
        "a": 1500,
        "b": 200,
    }
    with pytest.raises(ValueError, match="use host, project, cluster or label:KEY"):
        pool([LOCAL], "colour")


@given(st.lists(st.tuples(st.sampled_from(["h1", "h2"]), st.integers(0, 3000), st.integers(0, 3000)), max_size=20))
def test_every_grouping_has_the_same_sums(pods: list[tuple[str, int, int]]) -> None:
    """Whatever runs, lines of each grouping add up to the same."""
    running = [pod(f"{'ab'[n % 2]}{n}", host, asked, f"team-{n % 3}") for n, (host, asked, _) in enumerate(pods)]
    measured = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): Amount(used, 0)
        for one, (_, _, used) in zip(running, pods, strict=True)
    }
    state = ClusterState("local", "native", [node("h1"), node("h2")], running, measured)
    for by in ("host", "project", "cluster", "label:app"):
        shares = pool([state], by).values()
        assert sum(share.reserved.cpu for share in shares) == sum(asked for _, asked, _ in pods)
        assert sum(share.used.cpu for share in shares) == sum(used for _, _, used in pods)
        assert sum(share.wasted.cpu for share in shares) == sum(max(0, asked - used) for _, asked, used in pods)
