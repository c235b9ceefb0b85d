"""`bouvier agent`: make this machine a host of a platform whose server runs elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from bouvier.cli.commands.up import broken_processes, failure, refuse_unfit_host, waiting_for
from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.cli.supervisor_client import ask, wait_until
from bouvier.util.places import Places, open_places

SUPERVISOR = "bouvier.daemons.agent"
DEFAULT_DATA_DIR = "/var/lib/bouvier-agent"
"""Another folder than a server's, so that a machine may be both."""
START_TIMEOUT_SECONDS = 90.0
"""The certificate has a minute; an engine and the first report take some seconds more."""


@click.command()
@click.option(
    "--data-dir",
    metavar="DIR",
    default="",
    help=f"This host's data directory [$BOUVIER_DATA_DIR, else {DEFAULT_DATA_DIR}].",
)
@click.option("--server", metavar="URL", help="The API, as `bouvier token` prints it.")
@click.option("--token", metavar="ID.SECRET", help="The join token; needed once.")
@click.option("--ca-hash", metavar="sha256:HEX", help="Hash of the platform's certificate authority; needed once.")
@click.option("--name", metavar="NAME", help="Name of this host [the machine's own].")
@click.option("--detach", is_flag=True, help="Return when the host runs, and leave it running.")
@click.option("--address", metavar="IP", help="This host's address for other hosts [the one on the way to the server].")
@click.option("--engine", metavar="unix://SOCKET|private", help="The Docker Engine to use [as for up].")
@click.option("--http-port", type=click.IntRange(1, 65535), help="The balancer's port [80 or another free one].")
@click.option("--https-port", type=click.IntRange(1, 65535), help="The balancer's TLS port [443 or another free one].")
def command(*, data_dir: str, detach: bool, **options: str | int | None) -> None:
    """Make this machine a host of a platform; `bouvier token` on the server prints the whole line.

    It opens connections to the server and to the other hosts' overlay, and none has to be opened towards it. Later
    starts need no options. Stop it with `bouvier down --data-dir DIR`; with --purge it leaves nothing behind.
    """
    places = open_places(data_dir or os.environ.get("BOUVIER_DATA_DIR") or DEFAULT_DATA_DIR)
    if not places.platform_file.exists():
        refuse_unfit_host()
    arguments = [sys.executable, "-m", SUPERVISOR, "--data-dir", str(places.data_dir)]
    for name, value in options.items():
        if value is not None:
            arguments += [f"--{name.replace('_', '-')}", str(value)]
    running = ask(places, "status")
    if running is not None and "agent" not in running:
        raise CommandError(f"{places.data_dir} holds the server of a platform", "name another folder by --data-dir")
    if running is not None:
        await_ready(places, None, places.log_dir / "supervisor.log", 0)
    elif detach:
        start_detached(places, arguments)
    else:
        os.execv(arguments[0], arguments)  # noqa: S606 - this process becomes the supervisor


def start_detached(places: Places, arguments: list[str]) -> None:
    """Start the host in a session of its own and wait until it has joined and runs."""
    places.log_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = places.log_dir / "supervisor.log"
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
        )
    await_ready(places, process, log, begin)


def await_ready(places: Places, process: subprocess.Popen[bytes] | None, log: Path, begin: int) -> None:
    """Wait until the host runs.

    Raises:
        CommandError: it ended, keeps failing, or takes too long; its last words are shown.
    """
    status: dict[str, Any] = {}

    def has_ended() -> bool:
        return process is not None and process.poll() is not None

    with Progress() as progress:

        def settled() -> bool:
            status.update(ask(places, "status") or {})
            progress.say(waiting_for(status) if status else "joining")
            return bool(status.get("ready") or broken_processes(status)) or has_ended()

        in_time = wait_until(settled, START_TIMEOUT_SECONDS)
    if not status.get("ready"):
        raise failure(places, status, log, begin, in_time=in_time, has_ended=has_ended())
    click.echo(f"host {status['agent']['host']} belongs to {status['agent']['server']}")
