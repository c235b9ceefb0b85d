"""Running `ip` and `bridge`: their JSON read, their batches written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson

_ABSENT = ("Cannot find device", "does not exist", "No such")


class CommandError(Exception):
    """A command refused; the text is its own."""


async def read(*command: str) -> list[dict[str, Any]]:
    """Return the JSON output of a command; empty for an interface that is not there.

    Raises:
        CommandError: it failed otherwise.
    """
    output, complaint = await _run(command, b"")
    if complaint and not any(word in complaint for word in _ABSENT):
        raise CommandError(f"{' '.join(command)}: {complaint}")
    return [entry for entry in orjson.loads(output) if entry] if output.strip() else []


async def batch(program: str, lines: Sequence[str]) -> None:
    """Run lines one after the other; one that fails does not stop the rest.

    Raises:
        CommandError: with what the program said of the lines that failed.
    """
    if not lines:
        return
    _, complaint = await _run((program, "-force", "-batch", "-"), "\n".join([*lines, ""]).encode())
    if complaint:
        raise CommandError(f"{program}: {complaint} (in: {'; '.join(lines)})")


async def rules(text: str) -> None:
    """Load an nftables text as one transaction.

    Raises:
        CommandError: with what nft said.
    """
    _, complaint = await _run(("nft", "-f", "-"), text.encode())
    if complaint:
        raise CommandError(f"nft: {complaint}")


async def _run(command: Sequence[str], text: bytes) -> tuple[bytes, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE if text else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate(text or None)
    return output, errors.decode(errors="replace").strip().replace("\n", "; ") if process.returncode else ""
