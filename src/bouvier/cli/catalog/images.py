"""Images that an entry needs and that are made on the machine: brought into the platform's engine before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bouvier.cli.commands.images import engine_socket, recipe_of
from bouvier.cli.errors import CommandError
from bouvier.cli.images.debian import PackageError
from bouvier.cli.images.load import LoadError, has_named, load_image
from bouvier.cli.images.recipes import RecipeError
from bouvier.cli.progress import Progress


def provide(data_dir: str, names: Sequence[str]) -> None:
    """Make the images that the platform's engine does not have.

    Raises:
        CommandError: an image cannot be made here.
    """
    if not names:
        return
    socket = engine_socket(data_dir, "")
    with Progress() as progress:
        for name in names:
            if not has_named(socket, name):
                progress.say(f"making the image {name} from Debian packages")
                _make(socket, name)


def _make(socket: Path, name: str) -> None:
    try:
        load_image(socket, recipe_of(name)())
    except (LoadError, RecipeError, PackageError, OSError) as error:
        raise CommandError(f"the image {name} cannot be made: {error}") from None
