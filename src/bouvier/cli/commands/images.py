"""`bouvier images`: the images that need no registry."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.images.load import has_named
from bouvier.cli.images.making import bring, engine_socket
from bouvier.cli.images.names import BUILDERS, SERVERS, SMALL
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.cli.progress import Progress

ENGINE_HELP = "Another engine than the platform's own."


@click.group()
def command() -> None:
    """Make the offline images and put them into an engine.

    They are made on this machine from Debian's packages, and the same packages always give the same image. Hosts of the
    platform also make them by themselves when a pod asks for one.
    """


@command.command()
@data_dir_option
@click.argument("names", metavar="[IMAGE]…", nargs=-1)
@click.option("--engine", metavar="unix://SOCKET", default="", help=ENGINE_HELP)
def seed(data_dir: str, engine: str, names: tuple[str, ...]) -> None:
    """Bring bouvier/pause, bouvier/busybox and bouvier/sample into an engine, or the images that are named.

    They are made from busybox-static and catatonit alone; an image that is there is left alone.
    """
    _bring_all(engine_socket(data_dir, engine), names or SMALL)


@command.command()
@data_dir_option
@click.argument("names", metavar="IMAGE…", nargs=-1, required=True)
@click.option("--engine", metavar="unix://SOCKET", default="", help=ENGINE_HELP)
def build(data_dir: str, engine: str, names: tuple[str, ...]) -> None:
    """Make images by name and bring them into an engine, such as bouvier/postgres:15.

    Debian packages are downloaded by apt and unpacked without being installed; only what the server needs to run is taken.
    What can be made: bouvier images ls.
    """
    _bring_all(engine_socket(data_dir, engine), names)


@command.command("ls")
@output_option
@data_dir_option
@click.option("--engine", metavar="unix://SOCKET", default="", help=ENGINE_HELP)
def list_all(data_dir: str, engine: str, output: str) -> None:
    """List the images that can be made here, and which of them the engine has."""
    socket = engine_socket(data_dir, engine)
    try:
        lines = [{"name": name, "present": has_named(socket, name)} for name in (*SMALL, *SERVERS, *BUILDERS)]
    except OSError as error:
        raise CommandError(f"the engine at {socket} does not answer: {error}") from None
    if output == "table":
        write_table(("IMAGE", "PRESENT"), [(str(one["name"]), "yes" if one["present"] else "no") for one in lines])
    else:
        write_data(lines, output)


def _bring_all(socket: Path, names: Iterable[str]) -> None:
    for name in names:
        with Progress() as progress:
            added = bring(socket, name, progress.say)
        click.echo(f"{name}  {'added' if added else 'there already'}")
