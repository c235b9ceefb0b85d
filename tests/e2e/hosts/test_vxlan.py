"""Three hosts joined by VXLAN: every way to a pod, draining, and what is left at the end."""

import os
import signal
from pathlib import Path

from tests.e2e.hosts.ground import Ground, check_policies, check_ways, until

DRIVER = "vxlan"


def test_every_way_to_a_pod_of_another_host(ground: Ground) -> None:
    """Name, address, node port and Ingress lead there from everywhere."""
    check_ways(ground)


def test_policies_know_pods_of_other_hosts(ground: Ground) -> None:
    """What may be received from a pod of another host depends on that pod's labels."""
    check_policies(ground)


def test_every_host_tests_every_other(ground: Ground) -> None:
    """The matrix has six rows, all established."""
    until(lambda: list(ground.peers().values()) == ["established"] * 6, "all peers established")


def test_large_packets_pass(ground: Ground) -> None:
    """Pods' interfaces are small enough for what the overlay adds, so that nothing is cut."""
    address = ground.pod_address("srv")
    link = ground.kubectl("exec", "cli", "--", "cat", "/sys/class/net/eth0/mtu", code=None).strip()
    assert link == "1450"
    answer = ground.kubectl("exec", "cli", "--", "ping", "-c", "1", "-W", "2", "-s", "1400", address)
    assert "1 packets received" in answer


def test_a_drained_host_is_empty(ground: Ground) -> None:
    """Its pods move, nothing new comes until it is uncordoned."""
    ground.kubectl("create", "deployment", "many", "--image=bouvier/sample:1", "--replicas=3")
    ground.kubectl("rollout", "status", "deployment/many", "--timeout=40s")
    ground.kubectl("drain", "host1", "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=40s")
    ground.kubectl("rollout", "status", "deployment/many", "--timeout=40s")
    hosts = ground.kubectl("get", "pods", "-l", "app=many", "-o", "jsonpath={.items[*].spec.nodeName}").split()
    assert "host1" not in hosts
    ground.kubectl("uncordon", "host1")


def test_a_node_process_that_is_killed(ground: Ground) -> None:
    """Traffic does not stop while it is away, and its place in the overlay is taken up again."""
    killed = ground.processes("host3", "bouvier-node")
    os.kill(killed[0], signal.SIGKILL)
    port = ground.kubectl("get", "service", "srv", "-o", "jsonpath={.spec.ports[0].nodePort}")
    assert "sample 1" in ground.curl(f"http://{ground.address('host3')}:{port}/")
    until(lambda: set(ground.processes("host3", "bouvier-node")) - set(killed), "a new node process")
    check_ways(ground)


def test_nothing_is_left(ground: Ground) -> None:
    """After a removal there is no namespace, interface, process or file."""
    namespaces = [ground.namespace(host) for host in ("host1", "host2", "host3")]
    outside = ground.namespace("host1").removesuffix("-1")
    pids = [pid for host in ("host1", "host2", "host3") for pid in ground.processes(host)]
    ground.bouvier("playground", "--down")
    assert not any(Path("/run/netns", name).exists() for name in namespaces)
    assert not Path("/sys/class/net", outside).exists()
    until(lambda: not any(ground.is_alive(pid) for pid in pids), "the end of all processes")
    assert not ground.folder.joinpath("hosts").exists()
