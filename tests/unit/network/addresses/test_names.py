from ipaddress import IPv4Address

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.addresses.names import (
    INTERFACE_NAME_BYTES,
    bridge_name,
    hardware_address,
    orphans,
    veth_address,
    veth_name,
)
from bouvier.network.rtnetlink import Link


def link(name: str) -> Link:
    return Link(1, name, "", is_up=True, mtu=1500, master=0)


@settings(deadline=None)
@given(st.ip_addresses(v=4))
def test_a_name_leads_back_to_its_address(address: IPv4Address) -> None:
    """Interface names fit the kernel's length and stand for exactly one address of one platform."""
    name = veth_name("a1b2c3", address)

    assert len(name) == INTERFACE_NAME_BYTES
    assert veth_address("a1b2c3", name) == address
    assert veth_address("ffffff", name) is None


def test_orphans_are_ours_alone() -> None:
    """Interfaces of other platforms, of users and of pods that hold a lease are no orphans."""
    held, lost = IPv4Address("10.42.0.2"), IPv4Address("10.42.0.3")
    names = [veth_name("a1b2c3", held), veth_name("a1b2c3", lost), veth_name("000000", lost), "va1b2c3-not-hex", "eth0"]

    assert orphans([link(name) for name in names], "a1b2c3", {held}) == [veth_name("a1b2c3", lost)]


def test_hardware_addresses_are_local_unicast() -> None:
    """Hardware addresses are administered locally and belong to one interface."""
    first = int(hardware_address(IPv4Address("10.42.0.2")).split(":")[0], 16)

    assert first & 0b11 == 0b10
    assert bridge_name("a1b2c3") == "bv-a1b2c3"
