"""Routes to the pods of other hosts."""

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.overlay.routes import Route, parse, plan, wanted
from tests.unit.network.overlay.hosts import PLATFORM, host

OWN = host(1)


def test_routed_directly() -> None:
    """The driver route sends to the host itself; everything else in the range goes nowhere."""
    assert plan([], wanted("route", OWN, [host(2)], PLATFORM)) == [
        "route replace unreachable 10.42.0.0/16 proto 152",
        "route replace 10.42.2.0/24 via 10.98.0.2 proto 152",
    ]


def test_routed_through_a_tunnel() -> None:
    """The driver vxlan sends through its interface, to an address that is on no wire."""
    assert plan([], wanted("vxlan", OWN, [host(2)], PLATFORM, "bvx-a1b2c3"))[1] == (
        "route replace 10.42.2.0/24 via 10.42.2.0 dev bvx-a1b2c3 proto 152 onlink"
    )


def test_ipsec_fails_closed_before_any_peer_is_known() -> None:
    """With ipsec the range is unreachable from the first moment; only charon opens ways through it."""
    assert wanted("ipsec", OWN, [], PLATFORM) == [Route(PLATFORM)]
    assert wanted("ipsec", OWN, [host(2), host(3)], PLATFORM) == [Route(PLATFORM)]


def test_a_single_host_needs_nothing() -> None:
    """A platform of one host leaves the routing table alone, and so does one whose whole range is this host's."""
    assert wanted("vxlan", OWN, [], PLATFORM) == []
    assert wanted("ipsec", OWN, [], OWN.pods) == []


def test_what_the_kernel_shows_is_read() -> None:
    """Routes of other platforms, which use the same mark, are not ours."""
    shown = [
        {"type": "unreachable", "dst": "10.42.0.0/16", "flags": []},
        {"dst": "10.42.2.0/24", "gateway": "10.42.2.0", "dev": "bvx-a1b2c3", "flags": ["onlink"]},
        {"dst": "10.42.3.0/24", "gateway": "10.98.0.3", "dev": "eth0", "flags": []},
        {"dst": "10.44.2.0/24", "gateway": "10.98.0.2", "dev": "eth0", "flags": []},
    ]
    assert parse(shown, PLATFORM) == [
        Route(PLATFORM),
        Route(IPv4Network("10.42.2.0/24"), IPv4Address("10.42.2.0"), "bvx-a1b2c3", is_onlink=True),
        Route(IPv4Network("10.42.3.0/24"), IPv4Address("10.98.0.3")),
    ]


_numbers = st.sets(st.integers(2, 40), max_size=8)
_drivers = st.sampled_from(["route", "vxlan", "ipsec"])


@settings(deadline=None)
@given(_numbers, _drivers, _numbers, _drivers)
def test_any_state_leads_to_the_wanted_one(before: set[int], old: str, after: set[int], new: str) -> None:
    """Whatever is there, following the lines ends where the hosts say, and then there is nothing left to do."""
    present = wanted(old, OWN, [host(n) for n in before], PLATFORM, "d")
    desired = wanted(new, OWN, [host(n) for n in after], PLATFORM, "d")
    table = {str(route.destination): route.line() for route in present}
    for line in plan(present, desired):
        verb, _, rest = line.removeprefix("route ").partition(" ")
        destination = rest.removeprefix("unreachable ").split()[0]
        if verb == "del":
            del table[destination]
        else:
            table[destination] = rest
    assert table == {str(route.destination): route.line() for route in desired}
    assert plan(desired, desired) == []
