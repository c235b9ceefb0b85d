"""The driver vxlan."""

from dataclasses import replace
from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.overlay.vxlan import Seen, device_of, parse, plan
from tests.unit.network.overlay.hosts import host

OWN = host(1)
DEVICE = device_of("a1b2c3", OWN)
FULL = Seen(
    DEVICE,
    frozenset({"10.42.1.0/32"}),
    frozenset({("02:b0:0a:2a:02:00", "10.98.0.2")}),
    frozenset({("10.42.2.0", "02:b0:0a:2a:02:00")}),
)


def test_from_nothing() -> None:
    """The interface carries the platform's number, and its peers stand in it without being asked for."""
    lines, bridge = plan(Seen(), DEVICE, OWN, [host(2)])
    assert lines == [
        "link add bvx-a1b2c3 address 02:b0:0a:2a:01:00 type vxlan id 10597059 dstport 4789 local 10.98.0.1 nolearning",
        "link set bvx-a1b2c3 up",
        "addr replace 10.42.1.0/32 dev bvx-a1b2c3",
        "neigh replace 10.42.2.0 lladdr 02:b0:0a:2a:02:00 dev bvx-a1b2c3 nud permanent",
    ]
    assert bridge == ["fdb append 02:b0:0a:2a:02:00 dev bvx-a1b2c3 dst 10.98.0.2"]


def test_a_host_with_a_new_address_makes_the_interface_anew() -> None:
    """The outer address of an interface cannot be changed in place."""
    moved = replace(OWN, address=IPv4Address("10.98.0.77"))
    lines, bridge = plan(FULL, device_of("a1b2c3", moved), moved, [host(2)])
    assert lines[0] == "link del bvx-a1b2c3"
    assert len(bridge) == 1


def test_what_the_kernel_shows_is_read() -> None:
    """The JSON of ip and bridge gives back what the lines made."""
    info = {"info_kind": "vxlan", "info_data": {"id": 0xA1B2C3, "local": "10.98.0.1", "port": 4789}}
    address = {"family": "inet", "local": "10.42.1.0", "prefixlen": 32}
    link = {"ifname": "bvx-a1b2c3", "address": "02:b0:0a:2a:01:00", "linkinfo": info, "addr_info": [address]}
    neighbours = [{"dst": "10.42.2.0", "lladdr": "02:b0:0a:2a:02:00", "state": ["PERMANENT"]}]
    forwarding = [{"mac": "02:b0:0a:2a:02:00", "dst": "10.98.0.2"}, {"mac": "33:33:00:00:00:01"}]
    assert parse([link], neighbours, forwarding) == FULL
    assert parse([], [], []) == Seen()


@settings(deadline=None)
@given(st.sets(st.integers(2, 30), max_size=6), st.sets(st.integers(2, 30), max_size=6))
def test_peers_come_and_go(before: set[int], after: set[int]) -> None:
    """Exactly the hosts that changed are touched."""
    hosts = {number: host(number) for number in before | after}

    def seen(numbers: set[int]) -> Seen:
        lines, bridge = plan(Seen(DEVICE, FULL.addresses), DEVICE, OWN, [hosts[n] for n in numbers])
        neighbours = frozenset((words[2], words[4]) for line in lines if (words := line.split())[0] == "neigh")
        forwarding = frozenset((words[2], words[6]) for line in bridge if (words := line.split()))
        return Seen(DEVICE, FULL.addresses, forwarding, neighbours)

    lines, bridge = plan(seen(before), DEVICE, OWN, [hosts[n] for n in after])
    assert len(lines) == len(bridge) == len(before ^ after)
