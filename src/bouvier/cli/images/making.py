"""From the name of an image to the image in an engine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from bouvier.cli.errors import CommandError
from bouvier.cli.images.archive import Image
from bouvier.cli.images.debian import PackageError, Say, quiet
from bouvier.cli.images.load import LoadError, load_image
from bouvier.cli.images.names import S2I_NODEJS, S2I_PYTHON
from bouvier.cli.images.recipes import RECIPES, RecipeError
from bouvier.cli.images.s2i import nodejs_image, python_image
from bouvier.cli.images.servers import ON_DEMAND as SERVERS
from bouvier.util.places import open_places

ON_DEMAND = {**SERVERS, S2I_PYTHON: python_image, S2I_NODEJS: nodejs_image}
"""Made when they are asked for by name, or when a pod or build needs them."""


def bring(socket: Path, name: str, say: Say = quiet) -> bool:
    """Make an image and bring it into an engine; return whether it was missing there.

    Raises:
        CommandError: there is no recipe, or it cannot be made here, or the engine refuses it.
    """
    recipe = recipe_of(name, _about(name, say))
    try:
        return load_image(socket, recipe())
    except (LoadError, RecipeError, PackageError) as error:
        raise CommandError(f"the image {name} cannot be made: {error}") from None
    except OSError as error:
        raise CommandError(
            f"the engine at {socket} does not answer: {error}", "start the platform first: bouvier up"
        ) from None


def _about(name: str, say: Say) -> Say:
    return lambda line: say(f"making the image {name}: {line}")


def recipe_of(name: str, say: Say = quiet) -> Callable[[], Image]:
    """Return how an image is made.

    Raises:
        CommandError: nobody knows.
    """
    if name in RECIPES:
        return RECIPES[name]
    if name in ON_DEMAND:
        return partial(ON_DEMAND[name], say)
    raise CommandError(f"there is no recipe for the image {name}", f"there are {', '.join((*RECIPES, *ON_DEMAND))}")


def engine_socket(data_dir: str, engine: str) -> Path:
    """Return the socket of the named engine, or of the platform's.

    Raises:
        CommandError: no engine is known.
    """
    if engine:
        if not engine.startswith("unix:///"):
            raise CommandError(f"--engine {engine}: expected unix:///path/to/docker.sock")
        return Path(engine.removeprefix("unix://"))
    socket = platform_engine(data_dir)
    if socket is None:
        raise CommandError(
            "no platform has been started here", "start one with bouvier up, or name an engine by --engine"
        )
    return socket


def platform_engine(data_dir: str) -> Path | None:
    """Return the socket of the platform's engine on this machine; None when it has none here."""
    note = open_places(data_dir).run_dir / "engine"
    return Path(note.read_text().strip()) if note.exists() else None
