"""`bouvier images`: the images that need no registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.images.archive import Image
from bouvier.cli.images.debian import PackageError
from bouvier.cli.images.load import LoadError, load_image
from bouvier.cli.images.recipes import RECIPES, RecipeError
from bouvier.cli.images.servers import ON_DEMAND
from bouvier.cli.options import data_dir_option
from bouvier.util.places import open_places


@click.group()
def command() -> None:
    """Make the offline images and put them into an engine."""


@command.command()
@data_dir_option
@click.argument("names", metavar="[IMAGE]…", nargs=-1)
@click.option("--engine", metavar="unix://SOCKET", default="", help="Another engine than the platform's own.")
def seed(data_dir: str, engine: str, names: tuple[str, ...]) -> None:
    """Bring bouvier/pause, bouvier/busybox and bouvier/sample into an engine, or the images that are named.

    They are made on this machine from Debian's busybox-static and catatonit; an image that is there is left alone. By name
    there are also bouvier/nginx:1.22, bouvier/redis:7 and bouvier/postgres:15, made from Debian's packages.
    """
    socket = engine_socket(data_dir, engine)
    for name in names or RECIPES:
        try:
            added = load_image(socket, recipe_of(name)())
        except (LoadError, RecipeError, PackageError) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(
                f"the engine at {socket} does not answer: {error}", "start the platform first: bouvier up"
            ) from None
        click.echo(f"{name}  {'added' if added else 'there already'}")


def recipe_of(name: str) -> Callable[[], Image]:
    """Return how an image is made.

    Raises:
        RecipeError: nobody knows.
    """
    known = {**RECIPES, **ON_DEMAND}
    if name not in known:
        raise RecipeError(f"there is no recipe for the image {name}; there are {', '.join(known)}")
    return known[name]


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
