"""Images that a host makes itself when a pod asks for them: the command's recipes, run in a process of their own.

Unpacking Debian packages takes seconds of processor time, which the node's process must not spend.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import bouvier
from bouvier.cli.images.names import MADE_HERE
from bouvier.engine.errors import EngineError

DEADLINE_SECONDS = 900.0
"""Somewhat more than a download may take."""


class RecipeMaker:
    """Makes the images of `bouvier images build` on this host."""

    def __init__(self, engine_socket: Path) -> None:
        self._engine_socket = engine_socket

    def knows(self, image: str) -> bool:
        """Tell whether there is a recipe for an image."""
        return image in MADE_HERE

    async def make(self, image: str) -> None:
        """Bring the image into the host's engine.

        Raises:
            EngineError: it cannot be made here; the text says why.
        """
        words = ("-m", "bouvier", "images", "build", image, "--engine", f"unix://{self._engine_socket}")
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": _import_path()},
        )
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                _, said = await process.communicate()
        except TimeoutError:
            raise EngineError(f"making it takes longer than {DEADLINE_SECONDS:.0f} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            raise EngineError(_complaint(said.decode(errors="replace")))


def _import_path() -> str:
    """Return where this very program is: what it starts must not be of another installation."""
    own = str(Path(bouvier.__file__).parents[1])
    return os.pathsep.join(part for part in (own, os.environ.get("PYTHONPATH", "")) if part)


def _complaint(said: str) -> str:
    """Return the command's error without its progress."""
    lines = [line for line in said.splitlines() if line and not line.startswith("…")]
    return " ".join(line.strip() for line in lines).removeprefix("error: ") or "it cannot be made on this host"
