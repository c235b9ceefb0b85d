"""Building a playground and taking it away, by the same commands that a user would type on separate machines.

Everything may be repeated: what is there is kept, what is missing (after a kill, a reboot) is made.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from bouvier.cli.errors import CommandError
from bouvier.cli.playground.plan import Playground, host_lines, inside, wire_lines

_PROGRAM = (sys.executable, "-m", "bouvier")
_PURGE = (sys.executable, "-m", "bouvier.daemons.purge")
_AT_ONCE = 4
_DEATH_SECONDS = 5.0
LOCAL = "local"
LOCK = Path("/run/bouvier/playground.lock")

Say = Callable[[str], None]


def host_folder(folder: Path, number: int) -> Path:
    """Return the data directory of one host."""
    return folder / "hosts" / str(number)


def build(folder: Path, ground: Playground, say: Say) -> None:
    """Start the server on hosts whose network stands, let the others join, and seed all engines.

    Raises:
        CommandError: a step failed; its own words are shown.
    """
    say("starting the server")
    start_server(folder, ground)
    link_in(folder)
    joins = {cluster: _invitation(folder, cluster) for cluster in {cluster_of(ground, n) for n in ground.numbers[1:]}}
    say(f"starting {ground.hosts - 1} more hosts")
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(
            pool.map(
                lambda number: start_host(folder, ground, number, joins[cluster_of(ground, number)]), ground.numbers[1:]
            )
        )
        say("seeding images")
        list(pool.map(lambda number: _seed(folder, number), ground.numbers))


@contextmanager
def choosing_alone() -> Iterator[None]:
    """Keep other playgrounds of this machine from choosing networks until those of this one stand."""
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_network(ground: Playground) -> None:
    """Make namespaces, bridge and legs."""
    for line in wire_lines(ground):
        _ip(line)
    for number in ground.numbers:
        for line in host_lines(ground, number):
            _ip(line)
        _run(inside(ground, number, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]))


def start_server(folder: Path, ground: Playground) -> None:
    """Start the first host with API and controllers."""
    options = ["--port", str(ground.port), "--engine", "private", "--overlay", ground.overlay]
    options += ["--address", str(ground.address(1)), "--http-port", "80", "--https-port", "443"]
    _run(inside(ground, 1, [*_PROGRAM, "up", "--detach", "--data-dir", str(host_folder(folder, 1)), *options]))


def start_host(folder: Path, ground: Playground, number: int, join: Sequence[str]) -> None:
    """Start one of the other hosts; it joins at its first start."""
    options = ["--detach", "--engine", "private", "--http-port", "80", "--https-port", "443", *join]
    _run(inside(ground, number, [*_PROGRAM, "agent", "--data-dir", str(host_folder(folder, number)), *options]))


def link_in(folder: Path) -> None:
    """Let `bouvier` and `kubectl` work with the playground's folder as with a server's."""
    for name in ("kubeconfig", "run"):
        path = folder / name
        if not path.is_symlink():
            path.symlink_to(Path("hosts") / "1" / name)


def cluster_of(ground: Playground, number: int) -> str:
    """Return the cluster that a host belongs to."""
    return ground.clusters.get(str(number), LOCAL)


def _invitation(folder: Path, cluster: str) -> list[str]:
    own = ["--data-dir", str(host_folder(folder, 1))]
    if cluster != LOCAL and not _has_cluster(folder, cluster):
        _run([*_PROGRAM, "cluster", "add", "native", cluster, "--wait", *own])
    made = json.loads(_run([*_PROGRAM, "token", "--many", "--cluster", cluster, "-o", "json", *own]))
    return ["--server", made["server"], "--token", made["token"], "--ca-hash", made["caHash"]]


def _has_cluster(folder: Path, name: str) -> bool:
    listed = _run([*_PROGRAM, "cluster", "ls", "-o", "json", "--data-dir", str(host_folder(folder, 1))])
    return any(cluster["name"] == name for cluster in json.loads(listed)["clusters"])


def _seed(folder: Path, number: int) -> None:
    _run([*_PROGRAM, "images", "seed", "--data-dir", str(host_folder(folder, number))])


def remove(folder: Path, ground: Playground) -> None:
    """End every process of the hosts and remove all that was made; may be interrupted and repeated."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda number: _remove_host(folder, ground, number), ground.numbers))
    for name in (*(ground.namespace(number) for number in ground.numbers), ground.wire):
        _ip(["netns", "delete", name])
    _ip(["link", "delete", ground.outside])
    for name in ("kubeconfig", "run"):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "hosts", ignore_errors=True)
    (folder / "playground.json").unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def _remove_host(folder: Path, ground: Playground, number: int) -> None:
    own = host_folder(folder, number)
    namespace = ground.namespace(number)
    if Path("/run/netns", namespace).exists():
        _kill(namespace)
        subprocess.run(inside(ground, number, [*_PURGE, "--data-dir", str(own)]), capture_output=True, check=False)
    elif own.exists():
        subprocess.run([*_PURGE, "--data-dir", str(own)], capture_output=True, check=False)


def _kill(namespace: str) -> None:
    """Kill all processes of a namespace with their descendants (pods have namespaces of their own); wait for their end."""
    deadline = time.monotonic() + _DEATH_SECONDS
    while time.monotonic() < deadline:
        listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
        pids = _with_descendants([int(word) for word in listed.stdout.split()])
        if not pids:
            return
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def _with_descendants(pids: Sequence[int]) -> list[int]:
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            parent = int(folder.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(folder.name))
    found: dict[int, None] = {}
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found[pid] = None
            waiting += children.get(pid, [])
    return list(found)


def _ip(words: Sequence[str]) -> None:
    """Run one `ip` command; one that says that the thing is there already, or gone, has done its work.

    Raises:
        CommandError: it failed otherwise.
    """
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    harmless = ("File exists", "Cannot find device", "No such file", "already exists")
    if done.returncode and not any(text in done.stderr for text in harmless):
        raise CommandError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).removeprefix("error: ")
        raise CommandError(words or f"{' '.join(command)} failed")
    return done.stdout
