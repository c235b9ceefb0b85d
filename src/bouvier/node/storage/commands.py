"""Running the programs that make file systems."""

from __future__ import annotations

import asyncio
import os
import shutil

from bouvier.node.storage.driver import StorageError

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))
"""Users' search paths often leave the administrator's folders out."""


def find(program: str) -> str | None:
    """Return the path of a program, None where it is not installed."""
    return shutil.which(program, path=_PATH)


async def run(program: str, *arguments: str) -> str:
    """Run a program and return its standard output.

    Raises:
        StorageError: it is not installed, or it failed; its own words are in the text.
    """
    path = find(program)
    if path is None:
        raise StorageError(f"{program} is not installed on this host")
    process = await asyncio.create_subprocess_exec(
        path,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    if process.returncode:
        words = (err or out).decode(errors="replace").strip().replace("\n", " ")
        raise StorageError(f"{program} {' '.join(arguments)}: {words or f'exit code {process.returncode}'}")
    return out.decode(errors="replace")
