"""Joining: what is refused before anything is done, and what a host takes over."""

from pathlib import Path

import msgspec
import pytest

from bouvier.daemons.facts import facts_of, joined
from bouvier.daemons.joining import JoinError, check_place
from bouvier.daemons.settings import Options, Platform, prepare_platform, write_platform
from bouvier.util.places import Places

SERVER = Platform(
    id="a1b2c3",
    port=6443,
    pod_cidr="10.42.0.0/16",
    service_cidr="10.43.0.0/16",
    node_port_range="30000-32767",
    http_port=80,
    https_port=443,
    overlay="ipsec",
)
HOST = Platform(
    id="",
    port=6443,
    pod_cidr="",
    service_cidr="",
    node_port_range="",
    http_port=8080,
    https_port=8443,
    server="https://10.98.0.1:6443",
    node_name="h2",
)


def test_a_host_takes_over_what_is_the_platforms() -> None:
    """Ranges, overlay and id come from the server; name and ports stay the host's own."""
    known = joined(HOST, facts_of(SERVER))
    assert (known.id, known.pod_cidr, known.overlay) == ("a1b2c3", "10.42.0.0/16", "ipsec")
    assert (known.node_name, known.http_port, known.server) == ("h2", 8080, HOST.server)
    with pytest.raises(ValueError, match="another version"):
        joined(HOST, {})


def test_folders_are_not_mixed_up(tmp_path: Path) -> None:
    """A server's folder takes no host, a host's folder no server and no host of another platform."""
    places = Places(tmp_path)
    with pytest.raises(JoinError, match="holds the server"):
        check_place(places, SERVER, HOST.server)
    with pytest.raises(JoinError, match="belongs to a host of"):
        check_place(places, HOST, "https://10.98.0.9:6443")
    check_place(places, HOST, HOST.server)
    write_platform(places, msgspec.structs.replace(HOST, id="a1b2c3"))
    with pytest.raises(ValueError, match="belongs to a host that joined"):
        prepare_platform(places, Options())


@pytest.mark.parametrize("server", ["", "http://10.98.0.1:6443", "10.98.0.1", "https://"])
def test_addresses_that_are_none(tmp_path: Path, server: str) -> None:
    """A missing or odd --server says where the right one is printed."""
    with pytest.raises(JoinError, match="bouvier token"):
        check_place(Places(tmp_path), None, server)
