"""`bouvier down --purge`: remove a platform from its host. Run as `python -m bouvier.daemons.purge --data-dir DIR`.

The supervisor must have stopped. Containers in the host's own engine are removed through its API; those of the private
engine die with it, without waiting for anyone's grace. May be repeated, and may be interrupted at any point: the data
directory, which names the platform, goes last.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from bouvier.daemons.allinone import take_lock
from bouvier.daemons.engine import running_engine
from bouvier.daemons.leftovers import MARK, Removal, observe, plan
from bouvier.daemons.settings import Platform, read_platform
from bouvier.network.addresses import forwarding
from bouvier.network.addresses.names import bridge_name
from bouvier.network.overlay.ipsec.render import routing_table
from bouvier.network.overlay.routes import PROTOCOL
from bouvier.util.places import Places, open_places
from bouvier.util.unix_http import request

PLATFORM_LABEL = "io.bouvier.platform"
"""Label of every container, as the node agent writes it."""
DEATH_TIMEOUT_SECONDS = 5.0
REMOVE_TIMEOUT_SECONDS = 30.0


def main(arguments: list[str]) -> int:
    """Remove the platform of a data directory."""
    parser = argparse.ArgumentParser(prog="python -m bouvier.daemons.purge")
    parser.add_argument("--data-dir", default="")
    parser.add_argument("--engine-only", action="store_true", help="stop a private engine whose supervisor is gone")
    os.environ.pop(MARK, None)
    try:
        parsed = parser.parse_args(arguments)
        places = open_places(parsed.data_dir)
        platform = read_platform(places)
        if platform is None:
            print(f"there is no platform in {places.data_dir}")  # noqa: T201
            return 0
        take_lock(places)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 1
    if parsed.engine_only:
        stop_engine(places)
        return 0
    purge(places, platform)
    print(f"removed: platform {platform.id} and {places.data_dir}")  # noqa: T201
    return 0


def purge(places: Places, platform: Platform) -> None:
    """Remove containers, processes, mounts, links, tables, cgroups and the data directory."""
    remove_containers(places, platform)
    for _ in range(3):
        removal = plan(observe(str(places.data_dir)), platform.id, str(places.data_dir), os.getpid())
        if not removal.pids:
            break
        kill(removal.pids)
    apply(removal)
    forget_routes(platform)
    asyncio.run(forwarding.forget(bridge_name(platform.id)))
    shutil.rmtree(places.data_dir)


def stop_engine(places: Places) -> None:
    """Stop the private engine if it runs; its containers go on."""
    pid = running_engine(places)
    if pid is None:
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + REMOVE_TIMEOUT_SECONDS
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def remove_containers(places: Places, platform: Platform) -> None:
    """Remove the platform's containers from an engine that is not its own."""
    note = places.run_dir / "engine"
    engine = Path(note.read_text().strip()) if note.exists() else places.private_engine_socket
    if engine == places.private_engine_socket:
        return
    filters = quote(json.dumps({"label": [f"{PLATFORM_LABEL}={platform.id}"]}))
    try:
        listed = request(
            engine, "GET", f"/containers/json?all=1&filters={filters}", timeout_seconds=REMOVE_TIMEOUT_SECONDS
        )
        for container in json.loads(listed.body):
            target = f"/containers/{container['Id']}?force=1&v=1"
            request(engine, "DELETE", target, timeout_seconds=REMOVE_TIMEOUT_SECONDS)
    except OSError as error:
        print(f"containers may remain: the engine at {engine} does not answer ({error})", file=sys.stderr)  # noqa: T201


def kill(pids: tuple[int, ...]) -> None:
    """Kill processes, parents first so that nothing is started again, and wait until they are gone."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    deadline = time.monotonic() + DEATH_TIMEOUT_SECONDS
    while any(_lives(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def apply(removal: Removal) -> None:
    """Remove what is left once no process holds it; what is gone already is passed over."""
    for path in removal.mounts:
        _run("umount", "--lazy", path)
    for name in removal.namespaces:
        _run("ip", "netns", "delete", name)
    for name in removal.links:
        _run("ip", "link", "delete", name)
    for table in removal.tables:
        _run("nft", "delete", "table", *table.split())
    for path in removal.cgroups:
        try:
            Path(path).rmdir()
        except OSError:
            continue


def forget_routes(platform: Platform) -> None:
    """Remove what the overlay leaves without an interface: the unreachable range, and charon's rule."""
    if platform.pod_cidr:
        _run("ip", "route", "delete", "unreachable", platform.pod_cidr, "proto", str(PROTOCOL))
    if platform.overlay == "ipsec":
        _run("ip", "rule", "delete", "table", str(routing_table(platform.id)))


def _run(*command: str) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
