"""`bouvier down`: stop the platform; with --purge remove everything that it made."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option
from bouvier.cli.progress import Progress
from bouvier.cli.supervisor_client import ask, wait_until
from bouvier.util.places import Places, open_places

STOP_TIMEOUT_SECONDS = 60.0
"""Longer than the graces of all processes together."""


@click.command()
@data_dir_option
@click.option("--purge", is_flag=True, help="Remove containers, networks and all data as well.")
def command(*, data_dir: str, purge: bool) -> int:
    """Stop the platform.

    Containers go on running and are found again by the next `bouvier up`; with --purge they and all data are removed.
    """
    places = open_places(data_dir)
    if (places.data_dir / "playground.json").exists():
        raise CommandError(f"{places.data_dir} holds a playground", "remove it: bouvier playground --down")
    was_running = stop(places)
    remove = [sys.executable, "-m", "bouvier.daemons.purge", "--data-dir", str(places.data_dir)]
    if purge:
        return subprocess.run(remove, check=False).returncode
    if not was_running and places.platform_file.exists():
        subprocess.run([*remove, "--engine-only"], check=False)
    click.echo("stopped" if was_running else f"no platform is running in {places.data_dir}")
    return 0


def stop(places: Places) -> bool:
    """Stop the supervisor and wait for its end; return whether one was running.

    Raises:
        CommandError: it does not end.
    """
    if ask(places, "stop") is None:
        return False
    with Progress() as progress:
        progress.say("stopping")
        if not wait_until(lambda: not _supervisor_lives(places), STOP_TIMEOUT_SECONDS):
            raise CommandError("the supervisor does not stop", f"see {places.log_dir}/supervisor.log")
    return True


def _supervisor_lives(places: Places) -> bool:
    """Tell whether the owner of the lock file is still a process."""
    try:
        pid = int(places.supervisor_lock.read_text())
        with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 - one read
            state = stat.read().rpartition(")")[2].split()[0]
    except (OSError, ValueError):
        return False
    return state != "Z" and pid != os.getpid()
