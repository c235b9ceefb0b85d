"""charon's configuration, its connections, and what is decided about them."""

from ipaddress import IPv4Network
from pathlib import Path

from bouvier.network.overlay.guard import guard
from bouvier.network.overlay.ipsec.render import (
    Connection,
    configuration,
    connections,
    parse_connections,
    parse_established,
    plan,
)
from tests.expected.golden import assert_expected
from tests.unit.network.overlay.hosts import host

TO_TWO, TO_THREE = connections(host(1), [host(2), host(3)])


def test_configuration() -> None:
    """Encrypted in user space, fast ciphers first, a routing table of the platform's own."""
    assert_expected(configuration(Path("/data/network/ipsec"), "a1b2c3"), "network/strongswan.conf")


def test_guard() -> None:
    """What arrives in clear does not reach pods."""
    platform = IPv4Network("10.42.0.0/16")
    text = guard(platform_id="a1b2c3", bridge="bv-a1b2c3", pods=host(1).pods, platform=platform)
    assert_expected(text, "network/overlay.nft")


def test_each_host_is_known_by_its_address() -> None:
    """A certificate for another address does not open the connection, and only the pods' ranges pass through it."""
    message = TO_TWO.message()["host-h2"]
    assert (message["local"]["id"], message["remote"]["id"]) == ("10.98.0.1", "10.98.0.2")
    assert message["children"]["pods"]["remote_ts"] == ["10.42.2.0/24"]


def test_what_charon_lists_is_read() -> None:
    """Connections and associations are recognised in the answers of VICI, foreign ones are passed over."""
    child = {"local-ts": [b"10.42.1.0/24"], "remote-ts": [b"10.42.2.0/24"]}
    known = {"local_addrs": [b"10.98.0.1"], "remote_addrs": [b"10.98.0.2"], "children": {"pods": child}}
    assert parse_connections([{"host-h2": known}, {"road-warrior": {}}]) == [TO_TWO]
    installed = {"state": b"ESTABLISHED", "child-sas": {"pods-1": {"name": b"pods", "state": b"INSTALLED"}}}
    trying = {"state": b"CONNECTING", "child-sas": {}}
    assert parse_established([{"host-h2": installed}, {"host-h2": trying}, {"host-h3": trying}]) == {
        "host-h2": "installed",
        "host-h3": "connecting",
    }


def test_the_lower_address_begins() -> None:
    """Of two hosts only one negotiates, unless it does not for a while."""
    backwards = Connection("host-h1", "10.98.0.10", "10.98.0.9", "10.42.10.0/24", "10.42.9.0/24")
    assert plan([TO_TWO], [], {}, {}).initiate == ("host-h2",)
    assert plan([backwards], [], {}, {}).initiate == ()
    assert plan([backwards], [], {}, {"host-h1": 3}).initiate == ("host-h1",)


def test_a_host_that_moved_is_connected_anew() -> None:
    """Its old connection goes with its associations; one of a host that left goes too; a good one is left alone."""
    moved = Connection("host-h2", "10.98.0.1", "10.98.0.77", "10.42.1.0/24", "10.42.2.0/24")
    states = {"host-h2": "installed", "host-h3": "installed"}
    changes = plan([moved], [TO_TWO, TO_THREE], states, {})
    assert (changes.unload, changes.load, changes.initiate) == (("host-h2", "host-h3"), (moved,), ("host-h2",))
    at_rest = plan([TO_TWO, TO_THREE], [TO_TWO, TO_THREE], states, {})
    assert (at_rest.unload, at_rest.load, at_rest.initiate) == ((), (), ())
