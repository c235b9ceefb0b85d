"""Hosts and capacity as the status of a Cluster."""

from datetime import UTC, datetime

from bouvier.clusters import inventory
from bouvier.clusters.driver import Host

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLUSTER = {"metadata": {"name": "c", "generation": 1}, "spec": {"driver": "swarm"}}


def hosts():
    one = Host("1", "a", ready=True, availability="active", cpu_millis=2000, memory_bytes=1 << 30)
    lost = Host("2", "b", ready=False, availability="drain", cpu_millis=4000, memory_bytes=1 << 30)
    return inventory.of_hosts([lost, one])


def ready(status):
    return next(c for c in status["conditions"] if c["type"] == "Ready")


def test_only_ready_hosts_count() -> None:
    """Capacity is what can be used: a lost host is listed and not counted."""
    status = inventory.status(CLUSTER, "20.10", hosts(), error="", capabilities=("logs",), now=NOW)
    assert [host["name"] for host in status["hosts"]] == ["a", "b"]
    assert status["capacity"]["cpu"] == "2"
    assert ready(status)["message"] == "1 of 2 hosts are ready"


def test_an_unreachable_cluster_keeps_its_hosts() -> None:
    """What was known stays shown, and the condition says why it is old."""
    before = inventory.status(CLUSTER, "20.10", hosts(), error="", capabilities=(), now=NOW)
    after = inventory.status({**CLUSTER, "status": before}, "", None, error="gone", capabilities=(), now=NOW)
    assert after["hosts"] == before["hosts"]
    assert (ready(after)["status"], ready(after)["reason"]) == ("False", "Unreachable")
