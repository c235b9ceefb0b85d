"""The private engine's configuration, and which engine is used."""

from pathlib import Path

import pytest

from bouvier.daemons.engine import choose_engine, daemon_configuration, parse_engine
from bouvier.util.places import Places


def test_containers_outlive_the_private_engine() -> None:
    """Live restore is on, crun is the runtime where there is one, and nothing of the host's network is touched."""
    configuration = daemon_configuration(Places(Path("/d")), crun="/usr/bin/crun")

    assert configuration["live-restore"] is True
    assert configuration["default-runtime"] == "crun"
    assert (configuration["bridge"], configuration["iptables"]) == ("none", False)
    assert "default-runtime" not in daemon_configuration(Places(Path("/d")), crun="")


@pytest.mark.parametrize("text", ["tcp://1.2.3.4:2375", "/var/run/docker.sock", "unix://relative", ""])
def test_engines_are_named_by_their_socket(text: str) -> None:
    """Anything but a unix socket is refused with the form expected."""
    with pytest.raises(ValueError, match="expected unix:///"):
        parse_engine(text)


def test_a_named_engine_must_answer(tmp_path: Path) -> None:
    """A start with an engine that is not there stops at once and says so."""
    with pytest.raises(ValueError, match="no Docker Engine answers there"):
        choose_engine(Places(tmp_path), f"unix://{tmp_path}/none.sock")


def test_a_platform_keeps_its_private_engine(tmp_path: Path) -> None:
    """Containers of the private engine are not left behind when the host gets an engine of its own."""
    places = Places(tmp_path)
    places.engine_dir.mkdir()

    assert choose_engine(places, "") == places.private_engine_socket
