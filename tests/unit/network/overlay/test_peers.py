"""Reading hosts out of Nodes."""

from bouvier.network.overlay.peers import hosts_of
from tests.unit.network.overlay.hosts import host, node


def test_hosts_have_address_and_range() -> None:
    """A Node without a range or an address is not part of the overlay yet."""
    without_range, without_address = node(3), node(4)
    del without_range["spec"]["podCIDR"]
    without_address["status"] = {}
    assert hosts_of([node(2), node(1), without_range, without_address]) == [host(1), host(2)]


def test_two_nodes_with_one_range() -> None:
    """The older Node keeps its range; packets never go to a host that came later."""
    assert hosts_of([node(2, podCIDR="10.42.1.0/24"), node(1)]) == [host(1)]
