"""`bouvier images`: the images that need no registry."""

from __future__ import annotations

from pathlib import Path

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.images.load import LoadError, load_image
from bouvier.cli.images.recipes import RECIPES, RecipeError
from bouvier.cli.options import data_dir_option
from bouvier.util.places import open_places


@click.group()
def command() -> None:
    """Make the offline images and put them into an engine."""


@command.command()
@data_dir_option
@click.option("--engine", metavar="unix://SOCKET", default="", help="Another engine than the platform's own.")
def seed(data_dir: str, engine: str) -> None:
    """Bring bouvier/pause, bouvier/busybox and bouvier/sample into an engine.

    They are made on this machine from Debian's busybox-static and catatonit; an image that is there is left alone.
    """
    socket = engine_socket(data_dir, engine)
    for name, recipe in RECIPES.items():
        try:
            added = load_image(socket, recipe())
        except (LoadError, RecipeError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(
                f"the engine at {socket} does not answer: {error}", "start the platform first: bouvier up"
            ) from None
        click.echo(f"{name}  {'added' if added else 'there already'}")


def engine_socket(data_dir: str, engine: str) -> Path:
    """Return the socket of the named engine, or of the platform's.

    Raises:
        CommandError: no engine is known.
    """
    if engine:
        if not engine.startswith("unix:///"):
            raise CommandError(f"--engine {engine}: expected unix:///path/to/docker.sock")
        return Path(engine.removeprefix("unix://"))
    note = open_places(data_dir).run_dir / "engine"
    if not note.exists():
        raise CommandError(
            "no platform has been started here", "start one with bouvier up, or name an engine by --engine"
        )
    return Path(note.read_text().strip())
