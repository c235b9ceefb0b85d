"""Sharing out address ranges."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.nodes.addresses_plan import RangeExhausted, free_range, parse_ranges, ranges_of

WHOLE = ip_network("10.42.0.0/20")


@given(st.sets(st.integers(0, 15), max_size=15))
def test_no_two_hosts_share_an_address(taken):
    """The new range is inside the whole and overlaps none that is in use."""
    used = [f"10.42.{number}.0/24" for number in taken]
    new = ip_network(free_range(WHOLE, 24, used))
    assert new.subnet_of(WHOLE)
    assert not any(new.overlaps(ip_network(part)) for part in used)


def test_larger_and_smaller_ranges_in_use_are_respected():
    """Hosts may have been given other sizes by hand."""
    assert free_range(WHOLE, 24, ["10.42.0.0/22", "10.42.4.128/25", "fd00::/64", "192.168.0.0/16"]) == "10.42.5.0/24"


def test_an_exhausted_range_says_so():
    """The administrator learns which range is too small."""
    with pytest.raises(RangeExhausted, match=r"10\.42\.0\.0/20 has no free /24"):
        free_range(WHOLE, 24, ["10.42.0.0/20"])


def test_ranges_are_read_from_both_fields_and_checked():
    """Old objects have `podCIDR` only; nonsense is refused."""
    assert ranges_of({"spec": {"podCIDR": "10.42.1.0/24"}}) == ["10.42.1.0/24"]
    assert ranges_of({"spec": {}}) == []
    with pytest.raises(ValueError, match="nonsense"):
        parse_ranges(["nonsense"])
