"""Starting a supervisor from a command: in the foreground this process becomes it, detached it is watched until ready.

`bouvier up`, `bouvier server` and `bouvier agent` differ in the program that supervises, and in what they say at the end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.facts import complete
from bouvier.cli.preflight.requirements import missing
from bouvier.cli.progress import Progress
from bouvier.cli.summary import summary
from bouvier.cli.supervisor_client import ask, wait_until
from bouvier.util.places import Places

START_TIMEOUT_SECONDS = 60.0
"""A first start on a slow disk with an engine to unpack takes a few seconds; more means that something is wrong."""
LOG_LINES_SHOWN = 6
HOPELESS_RESTARTS = 4
"""After these, a process has had nearly two seconds and five tries."""

Status = dict[str, Any]
Sentence = Callable[[Places, Status], str]
"""What to print when all is ready."""


def platform_is_ready(places: Places, status: Status) -> str:
    """Say where the platform is, in a few lines."""
    complete(places, status)
    return summary(status)


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


def arguments_for(module: str, places: Places, options: Mapping[str, Any]) -> list[str]:
    """Return the supervisor's command line; of options that were not named (None, or no values) nothing."""
    arguments = [sys.executable, "-m", module, "--data-dir", str(places.data_dir)]
    for name, value in options.items():
        for each in value if isinstance(value, tuple) else () if value is None else (value,):
            arguments += [f"--{name.replace('_', '-')}", str(each)]
    return arguments


def become(arguments: list[str]) -> None:
    """Turn this process into the supervisor; never returns."""
    os.execv(arguments[0], arguments)  # noqa: S606 - that is what it is for


def start_detached(
    places: Places, arguments: list[str], say: Sentence = platform_is_ready, *, seconds: float = START_TIMEOUT_SECONDS
) -> None:
    """Start the supervisor in a session of its own and wait until all of it is ready."""
    places.log_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = places.log_dir / "supervisor.log"
    with log.open("ab") as output:
        begin = output.tell()
        process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, cwd="/"
        )
    await_ready(places, say, process=process, begin=begin, seconds=seconds)


def await_ready(
    places: Places,
    say: Sentence = platform_is_ready,
    *,
    process: subprocess.Popen[bytes] | None = None,
    begin: int = 0,
    seconds: float = START_TIMEOUT_SECONDS,
) -> None:
    """Wait until all processes are ready and say so; `process` is the supervisor just started, with its log from `begin`.

    Raises:
        CommandError: it ended, keeps failing, or takes too long; its last words are shown.
    """
    status: Status = {}

    def has_ended() -> bool:
        return process is not None and process.poll() is not None

    with Progress() as progress:

        def settled() -> bool:
            status.update(ask(places, "status") or {})
            progress.say(waiting_for(status))
            return bool(status.get("ready") or broken_processes(status)) or has_ended()

        in_time = wait_until(settled, seconds)
    if status.get("ready"):
        click.echo(say(places, status))
        return
    if has_ended():
        raise _ended(places, last_words_of(places.log_dir / "supervisor.log", begin))
    raise _not_ready(places, status, "yet" if in_time else f"after {seconds:.0f} s")


def _ended(places: Places, words: list[str]) -> CommandError:
    error = next((line.removeprefix("error: ") for line in words if line.startswith("error: ")), "")
    what = error or "\n  ".join(["it ended while starting", *words])
    return CommandError(what, "" if error else f"see {places.log_dir}/supervisor.log")


def _not_ready(places: Places, status: Status, when: str) -> CommandError:
    broken = next(iter(broken_processes(status)), "")
    if broken:
        log = places.log_dir / f"{broken}.log"
        what = "\n  ".join([f"{broken} keeps ending", *last_words_of(log, 0)])
        return CommandError(what, f"it is tried again; see bouvier status and {log}")
    return CommandError(f"not ready {when}: {waiting_for(status)}", f"see {places.log_dir}")


def last_words_of(log: Path, begin: int) -> list[str]:
    """Return the last lines of a log written since `begin`."""
    if not log.exists():
        return []
    return log.read_bytes()[begin:].decode(errors="replace").strip().splitlines()[-LOG_LINES_SHOWN:]


def broken_processes(status: Status) -> list[str]:
    """Return the processes that have ended so often that waiting is of no use."""
    processes = status.get("processes", ())
    return [str(p["name"]) for p in processes if p["state"] != "ready" and p["restarts"] >= HOPELESS_RESTARTS]


def waiting_for(status: Status) -> str:
    """Return in words what a start still waits for."""
    processes = status.get("processes")
    if processes is None:
        return "starting"
    late = [
        f"{p['name']} ({p['lastEnd']})" if p["lastEnd"] else str(p["name"]) for p in processes if p["state"] != "ready"
    ]
    return f"starting {', '.join(late)}" if late else "ready"
