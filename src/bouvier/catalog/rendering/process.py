"""Running the rendering process from the controllers: a deadline, and answers to its look-ups."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog

import bouvier

DEADLINE_SECONDS = 30.0
"""A chart of fifty templates takes a tenth of a second."""
MOST_ANSWER_BYTES = 64 * 1024 * 1024
MOST_LOOKUPS = 1_000

log = structlog.get_logger(__name__)
Lookup = Callable[[str, str, str, str], Awaitable[dict[str, Any]]]


class RenderError(Exception):
    """A package cannot be rendered; `kind` is `values`, `answers` or `template`."""

    def __init__(self, kind: str, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.kind, self.errors = kind, errors


async def run_worker(request: dict[str, Any], lookup: Lookup) -> dict[str, Any]:
    """Return the worker's answer to a request.

    Raises:
        RenderError: the package is wrong, or takes too much time or memory.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bouvier.catalog.rendering.worker",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MOST_ANSWER_BYTES,
        env=_environment(),
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            answer = await _converse(process, request, lookup)
    except TimeoutError:
        raise RenderError("template", [f"rendering takes longer than {DEADLINE_SECONDS:.0f} s"]) from None
    except (ConnectionError, ValueError):
        answer = None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    if answer is None:
        log.warning("rendering ended early", code=process.returncode, said=await _last_words(process))
        raise RenderError("template", ["the rendering process ended early: the template needs too much memory"])
    if "error" in answer:
        raise RenderError(answer["error"]["kind"], answer["error"]["errors"])
    return answer


async def _last_words(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode(errors="replace")[-500:]


def _environment() -> dict[str, str]:
    """Return what the interpreter needs and nothing else: templates must not learn the host's secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "BOUVIER_PLATFORM_DIR") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(map(str, _import_folders()))}


def _import_folders() -> list[Path]:
    """Return where this very program is: the worker must not be of another installation."""
    own = Path(bouvier.__file__).parents[1]
    return [own, *(Path(part) for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part)]


async def _converse(
    process: asyncio.subprocess.Process, request: dict[str, Any], lookup: Lookup
) -> dict[str, Any] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(request).encode() + b"\n")
    await process.stdin.drain()
    for _ in range(MOST_LOOKUPS):
        line = await process.stdout.readline()
        if not line:
            return None
        message: dict[str, Any] = json.loads(line)
        if "lookup" not in message:
            return message
        found = await lookup(*message["lookup"])
        process.stdin.write(json.dumps(found).encode() + b"\n")
        await process.stdin.drain()
    raise RenderError("template", [f"the templates look up more than {MOST_LOOKUPS} objects"])
