"""Three hosts joined by IPsec: every way to a pod, nothing in clear, and hosts that fail."""

import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path

from tests.e2e.hosts.ground import Ground, check_policies, check_ways, until

DRIVER = "ipsec"
SERVICE = "http://srv.default.svc.cluster.local/"
UDP = 17
IKE_PORTS = {500, 4500}


@contextmanager
def capture(ground: Ground, file: Path) -> Iterator[None]:
    """Write down what passes on the wire to and from host3."""
    sniffer = [sys.executable, str(Path(__file__).with_name("sniff.py")), "host3", str(file)]
    namespace = f"bvp{ground.facts()['id']}-wire"
    command = ["nsenter", f"--net=/run/netns/{namespace}", *sniffer]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
        process.kill()


def packets(file: Path) -> Iterator[tuple[IPv4Address, IPv4Address, int, set[int], bytes]]:
    """Yield sender, receiver, protocol, ports and content of every IPv4 packet of a capture."""
    data, at = file.read_bytes(), 0
    while at + 4 <= len(data):
        (length,) = struct.unpack_from("!I", data, at)
        frame, at = data[at + 4 : at + 4 + length], at + 4 + length
        if len(frame) >= 38 and frame[12:14] == b"\x08\x00":
            ports = set(struct.unpack_from("!HH", frame, 14 + (frame[14] & 15) * 4))
            yield IPv4Address(frame[26:30]), IPv4Address(frame[30:34]), frame[23], ports, frame


def test_every_way_to_a_pod_of_another_host(ground: Ground) -> None:
    """Name, address, node port and Ingress lead there from everywhere."""
    check_ways(ground)


def test_policies_know_pods_of_other_hosts(ground: Ground) -> None:
    """What may be received from a pod of another host depends on that pod's labels."""
    check_policies(ground)


def test_every_host_tests_every_other(ground: Ground) -> None:
    """The matrix has six rows, all established."""
    until(lambda: list(ground.peers().values()) == ["established"] * 6, "all peers established")


def test_the_wire_shows_nothing(ground: Ground, tmp_path: Path) -> None:
    """Between the two hosts there is ESP in UDP alone, and the content of an answer is nowhere to be read."""
    pair = {IPv4Address(ground.address("host2")), IPv4Address(ground.address("host3"))}
    with capture(ground, tmp_path / "frames"):
        assert "sample 1" in ground.fetch("cli", SERVICE)
        assert "sample 1" in ground.fetch("cli", f"http://{ground.pod_address('srv')}:8080/")
    seen = [packet for packet in packets(tmp_path / "frames") if {packet[0], packet[1]} == pair]
    assert len(seen) >= 10
    assert all(protocol == UDP and ports & IKE_PORTS for _, _, protocol, ports, _ in seen)
    assert not any(b"sample 1" in content for *_, content in packets(tmp_path / "frames"))


def test_without_an_association_nothing_leaves(ground: Ground, tmp_path: Path) -> None:
    """While charon is dead packets to other hosts' pods go nowhere; then it is started again and they arrive."""
    server = ground.pod_address("srv")
    with capture(ground, tmp_path / "frames"):
        until(lambda: ground.processes("host3", "charon"), "charon")
        for pid in ground.processes("host3", "bouvier-node") + ground.processes("host3", "charon"):
            os.kill(pid, signal.SIGKILL)
        ground.fetch("cli", f"http://{server}:8080/")
        until(lambda: "sample 1" in ground.fetch("cli", SERVICE), "the tunnel to be back")
    pods = {IPv4Address(server), IPv4Address(ground.pod_address("cli"))}
    assert not any({sender, receiver} & pods for sender, receiver, *_ in packets(tmp_path / "frames"))


def test_a_stranger_on_the_wire_gets_nothing(ground: Ground) -> None:
    """A machine without a certificate that routes to a host's pods, even as one of them, is not let in."""
    stranger = f"bvp{ground.facts()['id']}-wire"
    server = ground.pod_address("srv")
    prefix = ground.facts()["fabric"].rpartition(".")[0]
    inside = ["ip", "-n", stranger]
    subprocess.run([*inside, "addr", "add", f"{prefix}.200/24", "dev", "wire"], check=True)
    subprocess.run([*inside, "route", "add", server, "via", ground.address("host2")], check=True)
    enter = ["nsenter", f"--net=/run/netns/{stranger}", "curl", "-s", "-m", "2"]
    try:
        asked = subprocess.run([*enter, f"http://{server}:8080/"], capture_output=True, text=True, check=False)
        assert (asked.returncode, asked.stdout) == (28, "")
    finally:
        subprocess.run([*inside, "addr", "del", f"{prefix}.200/24", "dev", "wire"], check=True)


def test_a_lost_host_and_its_return(ground: Ground) -> None:
    """Its pods start elsewhere, the matrix says so; the same command brings it back with its identity."""
    ground.kubectl("create", "deployment", "many", "--image=bouvier/sample:1", "--replicas=3")
    ground.kubectl("rollout", "status", "deployment/many", "--timeout=40s")
    for pid in ground.processes("host2"):
        os.kill(pid, signal.SIGKILL)

    def moved() -> bool:
        query = "jsonpath={range .items[?(@.status.phase=='Running')]}{.spec.nodeName} {.metadata.deletionTimestamp}{'\\n'}{end}"
        rows = ground.kubectl("get", "pods", "-l", "app=many", "-o", query).splitlines()
        return sum(row.strip() in ("host1", "host3") for row in rows) == 3

    until(moved, "all pods elsewhere")
    until(lambda: ground.peers()["host1", "host2"] == "unreachable", "host1 misses host2")
    assert ground.peers()["host2", "host1"] == "unknown"
    ground.up()
    until(lambda: list(ground.peers().values()) == ["established"] * 6, "all peers established again")
