"""Which ports the balancer listens on. A choice is written down, so that addresses stay the same."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

HTTP_PORTS = (80, 8080, *range(8081, 8181))
HTTPS_PORTS = (443, 8443, *range(8444, 8544))
"""Tried in order: the standard port, then the usual second one, then its neighbours."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of the balancer."""

    http: int
    https: int


class PortTakenError(Exception):
    """The port asked for belongs to another program."""


def choose(wanted: Ports, file: Path, *, running: bool) -> Ports:
    """Return the ports to listen on; 0 in `wanted` stands for the one written down, else the first free one.

    `running` tells that the balancer itself still holds the ports that are written down.

    Raises:
        PortTakenError: no port is free, or not the one that was asked for.
    """
    known = _read(file)
    ports = Ports(
        _choose("http_port", wanted.http, known.http if known else 0, HTTP_PORTS, running=running),
        _choose("https_port", wanted.https, known.https if known else 0, HTTPS_PORTS, running=running),
    )
    draft = file.with_suffix(".next")
    draft.write_text(json.dumps(asdict(ports)))
    draft.replace(file)
    return ports


def is_free(port: int) -> bool:
    """Tell whether a port can be listened on at every address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _choose(setting: str, wanted: int, known: int, candidates: tuple[int, ...], *, running: bool) -> int:
    if running and known and wanted in {0, known}:
        return known
    if wanted:
        if not is_free(wanted):
            raise PortTakenError(
                f"{setting}: port {wanted} is taken by another program (see: ss -ltnp 'sport = :{wanted}'); "
                "stop it, name another port, or 0 to have a free one chosen"
            )
        return wanted
    for port in (known, *candidates):
        if port and (port >= 1024 or os.geteuid() == 0) and is_free(port):
            return port
    raise PortTakenError(f"{setting}: none of the ports {candidates[0]}, {candidates[1]}-{candidates[-1]} is free")


def _read(file: Path) -> Ports | None:
    try:
        return Ports(**json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None
