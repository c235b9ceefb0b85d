"""`bouvier up`: start the platform, in the foreground or detached.

The supervisor is a program of its own (`bouvier.daemons.allinone`): in the foreground this process becomes it, detached
it is started in a session of its own and watched until every process is ready.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.facts import complete
from bouvier.cli.options import data_dir_option
from bouvier.cli.progress import Progress
from bouvier.cli.summary import summary
from bouvier.cli.supervisor_client import ask, wait_until
from bouvier.util.places import Places, open_places

SUPERVISOR = "bouvier.daemons.allinone"
START_TIMEOUT_SECONDS = 60.0
"""A first start on a slow disk with an engine to unpack takes a few seconds; more means that something is wrong."""
LOG_LINES_SHOWN = 6
HOPELESS_RESTARTS = 4
"""After these, a process has had nearly two seconds and five tries."""


@click.command()
@data_dir_option
@click.option("--detach", is_flag=True, help="Return when the platform is ready, and leave it running.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API [first start: 6443].")
@click.option(
    "--http-port",
    type=click.IntRange(1, 65535),
    help="The balancer's port [first start: 80, 8080 or another free one].",
)
@click.option(
    "--https-port",
    type=click.IntRange(1, 65535),
    help="The balancer's TLS port [first start: 443, 8443 or another free one].",
)
@click.option(
    "--engine",
    metavar="unix://SOCKET",
    help="The Docker Engine to use [the host's when it answers, else a private one].",
)
@click.option("--pod-cidr", metavar="CIDR", help="Addresses of pods, fixed at the first start.")
@click.option("--service-cidr", metavar="CIDR", help="Addresses of services, fixed at the first start.")
@click.option("--nodeport-range", metavar="FIRST-LAST", help="Ports for NodePort services [30000-32767].")
def command(*, data_dir: str, detach: bool, **options: str | int | None) -> None:
    """Start the platform on this host, or find it running.

    Stop it with `bouvier down`; containers go on running meanwhile.
    """
    places = open_places(data_dir)
    running = ask(places, "status")
    if running and running["ready"]:
        complete(places, running)
        click.echo(summary(running))
        return
    arguments = [sys.executable, "-m", SUPERVISOR, "--data-dir", str(places.data_dir)]
    for name, value in options.items():
        if value is not None:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
    if not detach:
        arguments.append("--announce")
        os.execv(arguments[0], arguments)  # noqa: S606 - this process becomes the supervisor
    start_detached(places, arguments)


def start_detached(places: Places, arguments: list[str]) -> None:
    """Start the supervisor in a session of its own and wait until all of the platform is ready.

    Raises:
        CommandError: it ended, or is not ready in time; its last words are shown.
    """
    places.log_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = places.log_dir / "supervisor.log"
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
        )
    status: dict[str, Any] = {}
    with Progress() as progress:

        def settled() -> bool:
            status.update(ask(places, "status") or {})
            progress.say(waiting_for(status))
            return bool(status.get("ready") or broken_processes(status)) or process.poll() is not None

        in_time = wait_until(settled, START_TIMEOUT_SECONDS)
    if status.get("ready"):
        complete(places, status)
        click.echo(summary(status))
        return
    broken = broken_processes(status)
    if broken:
        log, begin = places.log_dir / f"{broken[0]}.log", 0
    last_words = log.read_bytes()[begin:].decode(errors="replace").strip().splitlines()[-LOG_LINES_SHOWN:]
    if process.poll() is not None and last_words and last_words[-1].startswith("error: "):
        raise CommandError(last_words[-1].removeprefix("error: "))
    what = f"{broken[0]} keeps ending" if broken else "the platform ended while starting"
    what = what if in_time else f"the platform is not ready after {START_TIMEOUT_SECONDS:.0f} s"
    raise CommandError("\n  ".join([what, *last_words]), f"it is tried again; see bouvier status and {log}")


def broken_processes(status: dict[str, Any]) -> list[str]:
    """Return the processes that have ended so often that waiting is of no use."""
    processes = status.get("processes")
    if not isinstance(processes, list):
        return []
    return [str(p["name"]) for p in processes if p["state"] != "ready" and p["restarts"] >= HOPELESS_RESTARTS]


def waiting_for(status: dict[str, Any]) -> str:
    """Return in words what a start still waits for."""
    processes = status.get("processes")
    if not isinstance(processes, list):
        return "starting"
    late = [
        f"{p['name']} ({p['lastEnd']})" if p["lastEnd"] else str(p["name"]) for p in processes if p["state"] != "ready"
    ]
    return f"starting {', '.join(late)}" if late else "ready"
