"""One inventory over all clusters."""

from bouvier.cli.inventory import _sum, part_of, rows_of


def cluster(name: str = "a", *, ready: bool = True) -> dict:
    amounts = {"cpu": "2", "memory": "4Gi", "pods": "110"}
    hosts = [{"name": "h", "ready": True, "schedulable": True, "capacity": amounts}]
    state = {"type": "Ready", "status": "True" if ready else "False", "reason": "" if ready else "Unreachable"}
    return {
        "metadata": {"name": name},
        "spec": {"driver": "swarm"},
        "status": {"hosts": hosts, "conditions": [state]},
    }


def pod(cpu: str, phase: str = "Running", host: str = "h") -> dict:
    container = {"name": "m", "resources": {"requests": {"cpu": cpu, "memory": "1Mi"}}}
    return {"spec": {"nodeName": host, "containers": [container]}, "status": {"phase": phase}}


def test_reserved_is_what_running_pods_request() -> None:
    """Pods that ended, or that have no host yet, reserve nothing."""
    part = part_of(cluster(), [pod("100m"), pod("250m"), pod("1", "Succeeded"), pod("1", host="")], None)
    assert part["hosts"][0]["reserved"] == {"cpu": 350, "memory": 2 << 20, "pods": 2}
    assert part["used"] is None


def test_what_is_not_known_is_not_guessed() -> None:
    """A cluster that does not answer keeps its hosts and says nothing of reservations; sums name it."""
    away = part_of(cluster("b", ready=False), None, None)
    here = part_of(cluster(), [pod("100m")], [{"metadata": {"name": "h"}, "usage": {"cpu": "50m", "memory": "1Mi"}}])
    total = _sum([here, away])
    assert away["reserved"] is None
    assert total["capacity"]["cpu"] == 4000
    assert total["reserved"]["cpu"] == 100
    assert total["notAnswering"] == ["b"]
    _, rows = rows_of({"clusters": [here, away], "total": total})
    assert [row[3] for row in rows] == ["Ready", "Unreachable", ""]
    assert rows[1][5] == "?"
