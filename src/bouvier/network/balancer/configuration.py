"""The balancer's configuration on disk.

What a configuration names (maps, certificates) lies in a folder of its own, named by its content; the main file is
checked by HAProxy itself and only then renamed over the one in use. So the file on disk is always one that works, and
whenever HAProxy starts, it starts with all endpoints known last. `loaded` holds the fingerprint of what HAProxy runs.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from bouvier.network.balancer.render import MAIN, Rendered

_LOADED = "loaded"
_NEXT = "haproxy.cfg.next"
_PREVIOUS = "haproxy.cfg.previous"


class BrokenConfigurationError(Exception):
    """HAProxy does not accept a configuration; the one in use stays."""


class Configuration:
    """The files in the balancer's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def exists(self) -> bool:
        """Tell whether there is a configuration to start with."""
        return (self.folder / MAIN).exists()

    def loaded(self) -> str:
        """Return the fingerprint of what HAProxy runs; empty when unknown."""
        try:
            return (self.folder / _LOADED).read_text()
        except FileNotFoundError:
            return ""

    def set_loaded(self, structure: str) -> None:
        """Write down what HAProxy runs from now on."""
        self._write(_LOADED, structure)

    def write_servers(self, rendered: Rendered) -> None:
        """Bring the servers in the main file up to date; its structure is the one in use."""
        self._write(MAIN, rendered.main)

    async def install(self, rendered: Rendered) -> None:
        """Put a new configuration in place of the present one, which is kept for `restore`.

        Raises:
            BrokenConfigurationError: with HAProxy's own words; nothing was replaced.
        """
        for name, content in rendered.files.items():
            self._write(name, content)
        self._write(_NEXT, rendered.main)
        await self._check(_NEXT)
        if self.exists():
            shutil.copyfile(self.folder / MAIN, self.folder / _PREVIOUS)
        (self.folder / _NEXT).replace(self.folder / MAIN)

    async def check(self) -> None:
        """Check the configuration in place.

        Raises:
            BrokenConfigurationError: with HAProxy's own words.
        """
        await self._check(MAIN)

    def restore(self) -> None:
        """Put the previous configuration back."""
        if (self.folder / _PREVIOUS).exists():
            shutil.copyfile(self.folder / _PREVIOUS, self.folder / _NEXT)
            (self.folder / _NEXT).replace(self.folder / MAIN)

    def sweep(self) -> None:
        """Remove files that neither the present nor the previous configuration names."""
        texts = [path.read_text() for name in (MAIN, _PREVIOUS) if (path := self.folder / name).exists()]
        for path in (self.folder / "files").glob("*"):
            if not any(path.name in text for text in texts):
                shutil.rmtree(path)

    async def _check(self, name: str) -> None:
        process = await asyncio.create_subprocess_exec(
            "haproxy",
            "-c",
            "-q",
            "-f",
            name,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, message = await process.communicate()
        if process.returncode:
            lines = [line for line in message.decode(errors="replace").splitlines() if "[ALERT]" in line]
            raise BrokenConfigurationError("\n".join(lines[:5]) or f"haproxy -c ended with {process.returncode}")

    def _write(self, name: str, content: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
        draft.replace(path)
