"""`bouvier up`: start the platform, in the foreground or detached.

The supervisor is a program of its own (`bouvier.daemons.allinone`): in the foreground this process becomes it, detached
it is started in a session of its own and watched until every process is ready.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from bouvier.cli.api_options import Option, absolute, api_options, is_api_option
from bouvier.cli.errors import CommandError
from bouvier.cli.facts import complete
from bouvier.cli.options import data_dir_option
from bouvier.cli.preflight.requirements import missing
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
    metavar="unix://SOCKET|private",
    help="The Docker Engine to use [the host's when it answers, else a private one].",
)
@click.option(
    "--overlay",
    type=click.Choice(["route", "vxlan", "ipsec"]),
    help="How pods of different hosts reach each other [vxlan].",
)
@click.option(
    "--store", metavar="etcd://HOST:PORT", help="An etcd cluster for all objects, fixed at the first start [a file]."
)
@click.option("--address", metavar="IP", help="This host's address for other hosts and users [found out].")
@click.option("--pod-cidr", metavar="CIDR", help="Addresses of pods, fixed at the first start.")
@click.option("--service-cidr", metavar="CIDR", help="Addresses of services, fixed at the first start.")
@click.option("--nodeport-range", metavar="FIRST-LAST", help="Ports for NodePort services [30000-32767].")
@api_options
def command(*, data_dir: str, detach: bool, **options: Option) -> None:
    """Start the platform on this host, or find it running.

    Stop it with `bouvier down`; containers go on running meanwhile.
    """
    places = open_places(data_dir)
    options = {name: absolute(name, value) for name, value in options.items()}
    if ask(places, "status"):
        refuse_changes(places, options)
        await_ready(places, None, places.log_dir / "supervisor.log", 0)
        return
    if not places.platform_file.exists():
        refuse_unfit_host()
    arguments = [sys.executable, "-m", SUPERVISOR, "--data-dir", str(places.data_dir)]
    for name, value in options.items():
        for each in value if isinstance(value, tuple) else () if value is None else (value,):
            arguments += [f"--{name.replace('_', '-')}", str(each)]
    if not detach:
        arguments.append("--announce")
        os.execv(arguments[0], arguments)  # noqa: S606 - this process becomes the supervisor
    start_detached(places, arguments)


def refuse_changes(places: Places, options: Mapping[str, Option]) -> None:
    """Refuse options that a running platform does not have already.

    Raises:
        CommandError: one differs; naming it silently would look as if it had worked.
    """
    known = json.loads(places.platform_file.read_text())
    for name, value in options.items():
        field = {"nodeport_range": "node_port_range"}.get(name, name)
        present = (
            known.get("api_options", {}).get(name.replace("_", "-"), []) if is_api_option(name) else known.get(field)
        )
        if value is not None and value != () and present != (list(value) if isinstance(value, tuple) else value):
            option = f"--{name.replace('_', '-')} {','.join(value) if isinstance(value, tuple) else value}"
            raise CommandError(
                f"this platform is running without {option}", f"stop it first: bouvier down; then: bouvier up {option}"
            )


def refuse_unfit_host() -> None:
    """Refuse a first start on a host that lacks something.

    Raises:
        CommandError: naming all that is missing.
    """
    if os.geteuid() != 0:
        raise CommandError("only root can start a platform: networks and mounts need it", "use sudo")
    lacking = [needed.package for needed in missing("up")]
    if lacking:
        raise CommandError(f"this host lacks {', '.join(lacking)}", "install it: bouvier check --install")


def start_detached(places: Places, arguments: list[str]) -> None:
    """Start the supervisor in a session of its own and wait until all of the platform is ready."""
    places.log_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = places.log_dir / "supervisor.log"
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
        )
    await_ready(places, process, log, begin)


def await_ready(places: Places, process: subprocess.Popen[bytes] | None, log: Path, begin: int) -> None:
    """Wait until all of the platform is ready and print where it is.

    Raises:
        CommandError: it ended, keeps failing, or takes too long; its last words are shown.
    """
    status: dict[str, Any] = {}

    def has_ended() -> bool:
        return process is not None and process.poll() is not None

    with Progress() as progress:

        def settled() -> bool:
            status.update(ask(places, "status") or {})
            progress.say(waiting_for(status))
            return bool(status.get("ready") or broken_processes(status)) or has_ended()

        in_time = wait_until(settled, START_TIMEOUT_SECONDS)
    if not status.get("ready"):
        raise failure(places, status, log, begin, in_time=in_time, has_ended=has_ended())
    complete(places, status)
    click.echo(summary(status))


def failure(
    places: Places, status: dict[str, Any], log: Path, begin: int, *, in_time: bool, has_ended: bool
) -> CommandError:
    """Return the error for a start that did not succeed; `log` is the supervisor's, read from `begin`."""
    words = last_words_of(log, begin)
    if has_ended:
        error = next((line.removeprefix("error: ") for line in words if line.startswith("error: ")), "")
        what = error or "\n  ".join(["the platform ended while starting", *words])
        return CommandError(what, "" if error else f"see {places.log_dir}/supervisor.log")
    broken = next(iter(broken_processes(status)), "")
    if broken:
        log = places.log_dir / f"{broken}.log"
        what = "\n  ".join([f"{broken} keeps ending", *last_words_of(log, 0)])
        return CommandError(what, f"it is tried again; see bouvier status and {log}")
    late = f"after {START_TIMEOUT_SECONDS:.0f} s" if not in_time else "yet"
    return CommandError(f"the platform is not ready {late}: {waiting_for(status)}", f"see {places.log_dir}")


def last_words_of(log: Path, begin: int) -> list[str]:
    """Return the last lines of a log written since `begin`."""
    if not log.exists():
        return []
    return log.read_bytes()[begin:].decode(errors="replace").strip().splitlines()[-LOG_LINES_SHOWN:]


def broken_processes(status: dict[str, Any]) -> list[str]:
    """Return the processes that have ended so often that waiting is of no use."""
    processes = status.get("processes", ())
    return [str(p["name"]) for p in processes if p["state"] != "ready" and p["restarts"] >= HOPELESS_RESTARTS]


def waiting_for(status: dict[str, Any]) -> str:
    """Return in words what a start still waits for."""
    processes = status.get("processes")
    if processes is None:
        return "starting"
    late = [
        f"{p['name']} ({p['lastEnd']})" if p["lastEnd"] else str(p["name"]) for p in processes if p["state"] != "ready"
    ]
    return f"starting {', '.join(late)}" if late else "ready"
