from ipaddress import IPv4Network

import pytest

from bouvier.network.addresses.ranges import CANDIDATES, RangeTakenError, choose, conflict
from bouvier.network.rtnetlink import Route

DEFAULT, WIDE, OTHER = (IPv4Network(n) for n in ("0.0.0.0/0", "10.0.0.0/8", "10.43.0.0/16"))


def test_the_usual_ranges_come_first() -> None:
    """A machine without anything in the way gets 10.42 and 10.43; a second platform the next pair."""
    assert choose([DEFAULT]) == CANDIDATES[0]
    assert choose([DEFAULT, OTHER]) == CANDIDATES[1]


def test_a_machine_inside_ten_is_told() -> None:
    """When all of 10/8 is routed elsewhere, the error says what to do."""
    with pytest.raises(RangeTakenError, match="name two others"):
        choose([WIDE])


def test_only_routes_into_our_range_conflict() -> None:
    """The default route, a VPN's wide one and our own are no conflict; another bridge with our range is."""
    ours = IPv4Network("10.42.0.0/16")
    part = IPv4Network("10.42.7.0/24")

    assert conflict(ours, [Route(DEFAULT, 2), Route(WIDE, 3), Route(part, 9)], 9) is None
    assert conflict(ours, [Route(part, 4)], 9) == Route(part, 4)
