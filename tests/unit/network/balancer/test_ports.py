import socket
from pathlib import Path

import pytest

from bouvier.network.balancer import ports
from bouvier.network.balancer.ports import Ports, PortTakenError


def test_the_choice_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first free port is taken and written down; the next start takes it again, also while HAProxy holds it."""
    taken = {80, 443, 8080}
    monkeypatch.setattr(ports, "is_free", lambda port: port not in taken)
    monkeypatch.setattr(ports.os, "geteuid", lambda: 0)
    file = tmp_path / "ports.json"
    assert ports.choose(Ports(0, 0), file, running=False) == Ports(8081, 8443)

    taken.clear()
    assert ports.choose(Ports(0, 0), file, running=False) == Ports(8081, 8443)
    taken.update({8081, 8443})
    assert ports.choose(Ports(0, 8443), file, running=True) == Ports(8081, 8443)
    assert ports.choose(Ports(0, 0), file, running=False) == Ports(80, 443)


def test_a_port_that_was_asked_for(tmp_path: Path) -> None:
    """A port of another program is named with the setting and the ways out."""
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        number = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"http_port: port {number} is taken by another program"):
            ports.choose(Ports(number, 0), tmp_path / "ports.json", running=False)
