"""Images that an entry needs and that are made on the machine: brought into the platform's engine before it runs.

The hosts would make them as well, when their pods ask; here a person sees what takes the time. A platform whose engines are
not on this machine is left to its hosts.
"""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.cli.images.load import has_named
from bouvier.cli.images.making import bring, platform_engine
from bouvier.cli.progress import Progress


def provide(data_dir: str, names: Sequence[str]) -> None:
    """Make the images that the platform's engine on this machine does not have.

    Raises:
        CommandError: an image cannot be made here.
    """
    socket = platform_engine(data_dir) if names else None
    if socket is None:
        return
    with Progress() as progress:
        for name in names:
            if not has_named(socket, name):
                progress.say(f"making the image {name}")
                bring(socket, name, progress.say)
