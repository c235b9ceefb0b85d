"""`bouvier agent`: one more host of a platform whose API runs elsewhere. Run as `python -m bouvier.daemons.agent`.

The same supervisor, engine and node process as on the server, without API and controllers. All connections go out from
here. The data directory is this host's own and never that of a server.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its idle threads cost memory, and a fork needs a single thread

import asyncio

import msgspec

from bouvier.daemons.allinone import NODE, engine_service, start_node, supervise, take_lock
from bouvier.daemons.engine import choose_engine
from bouvier.daemons.joining import Invitation, JoinError, check_place, join
from bouvier.daemons.service import Service
from bouvier.daemons.settings import (
    HTTP_PORTS,
    HTTPS_PORTS,
    Platform,
    Settings,
    host_name,
    read_platform,
    settings_for,
)
from bouvier.util.places import Places, open_places
from bouvier.util.ports import first_free_port


def services_of(settings: Settings) -> list[Service]:
    """Return the processes of a host that has joined."""
    engine = engine_service(settings)
    return [*engine, Service("node", lambda: start_node(settings), needs=tuple(one.name for one in engine))]


def own_platform(parsed: argparse.Namespace, known: Platform | None) -> Platform:
    """Return what this host itself decides: name, ports, engine and address."""
    start = known or Platform(
        id="",
        port=urlsplit(parsed.server).port or 443,
        pod_cidr="",
        service_cidr="",
        node_port_range="",
        http_port=parsed.http_port or first_free_port(HTTP_PORTS),
        https_port=parsed.https_port or first_free_port(HTTPS_PORTS),
        server=parsed.server.rstrip("/"),
        node_name=parsed.name or host_name(),
    )
    return msgspec.structs.replace(
        start,
        engine=parsed.engine or start.engine,
        address=parsed.address or start.address,
        http_port=parsed.http_port or start.http_port,
        https_port=parsed.https_port or start.https_port,
    )


def describe(settings: Settings) -> Callable[[], Mapping[str, Any]]:
    """Return the constant part of the host's status."""
    facts = {
        "platform": settings.platform_id,
        "dataDir": str(settings.data_dir),
        "agent": {"host": settings.node_name, "server": settings.platform.server},
        "engine": {"socket": f"unix://{settings.engine_socket}", "private": settings.has_private_engine},
        "overlay": settings.platform.overlay,
    }
    return lambda: facts


def main(arguments: list[str]) -> int:
    """Join if this host has not, then run it until told to stop."""
    parsed = _parse(arguments)
    try:
        places = open_places(parsed.data_dir)
        known = read_platform(places)
        check_place(places, known, parsed.server.rstrip("/") or (known.server if known else ""))
        take_lock(places)
        platform = _join(places, parsed, own_platform(parsed, known))
        engine_socket = choose_engine(places, platform.engine)
    except (ValueError, JoinError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    settings = settings_for(places, platform, engine_socket)
    (settings.run_dir / "engine").write_text(str(engine_socket))
    return supervise(settings, services_of(settings), describe(settings), lambda: None, (NODE,))


def _join(places: Places, parsed: argparse.Namespace, own: Platform) -> Platform:
    invitation = Invitation(own.server, parsed.token, parsed.ca_hash)
    return asyncio.run(join(places, invitation, own.node_name, own))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bouvier.daemons.agent")
    parser.add_argument("--data-dir", type=Path, default=None)
    for option in ("server", "token", "ca-hash", "name", "engine", "address"):
        parser.add_argument(f"--{option}", default="")
    for option in ("http-port", "https-port"):
        parser.add_argument(f"--{option}", type=int, default=0)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
