"""`bouvier server`: API, controllers and scheduler of a platform without a node. Run as `python -m bouvier.daemons.server`.

The same supervisor and processes as `bouvier up`, without engine, node and registry; `bouvier up` on the same data directory
adds those.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its idle threads cost memory, and a fork needs a single thread

from bouvier.daemons import allinone
from bouvier.daemons.allinone import APISERVER, CONTROLLERS, await_port, supervise, take_lock
from bouvier.daemons.forking import fork_daemon
from bouvier.daemons.service import Service
from bouvier.daemons.settings import (
    DEFAULT_PORT,
    Options,
    Settings,
    prepare_platform,
    read_platform,
    settings_for,
)
from bouvier.util.api_options import OPTIONS
from bouvier.util.places import open_places


def services_of(settings: Settings) -> list[Service]:
    """Return the processes of a server without a node."""
    return [
        Service("apiserver", lambda: fork_daemon(APISERVER, settings)),
        Service("controllers", lambda: fork_daemon(CONTROLLERS, settings), needs=("apiserver",)),
    ]


def describe(settings: Settings) -> Callable[[], Mapping[str, Any]]:
    """Return the constant part of the server's status: nothing of an engine or balancer, which are hosts'."""
    whole = allinone.describe(settings)

    def more() -> Mapping[str, Any]:
        return {key: value for key, value in whole().items() if key not in ("balancer", "engine")}

    return more


def main(arguments: list[str]) -> int:
    """Run the server in the foreground until it is told to stop."""
    parsed = _parse(arguments)
    options = Options(
        port=parsed.port,
        pod_cidr=parsed.pod_cidr,
        service_cidr=parsed.service_cidr,
        node_port_range=parsed.nodeport_range,
        overlay=parsed.overlay,
        address=parsed.address,
        store=parsed.store,
        api_options={name: vars(parsed)[name] for name in OPTIONS if vars(parsed)[name] is not None},
    )
    try:
        places = open_places(parsed.data_dir)
        take_lock(places)
        known = read_platform(places)
        await_port(options.port or (known.port if known else DEFAULT_PORT))
        platform = prepare_platform(places, options)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    settings = settings_for(places, platform, places.private_engine_socket)
    return supervise(settings, services_of(settings), describe(settings), lambda: None)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bouvier.daemons.server")
    parser.add_argument("--data-dir", type=Path, default=None)
    parser.add_argument("--port", type=int, default=0)
    for option in ("pod-cidr", "service-cidr", "nodeport-range", "overlay", "address", "store"):
        parser.add_argument(f"--{option}", default="")
    for option in OPTIONS:
        parser.add_argument(f"--{option}", action="append", dest=option)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
