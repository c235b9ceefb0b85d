"""The built web console as HTTP answers: hashed assets for ever, the page itself never kept.

The build output lies in `dist/` beside this file; it is made by `make install` and not kept in the source tree. Every
path without a file suffix answers with the page, whose own router takes it from there.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import NamedTuple, Protocol

FOLDER = Path(__file__).with_name("dist")
PREFIX = "/console"
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' wss:;"
    " frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
"""Inline styles are what the component library needs; scripts come from this server only."""

NOT_BUILT = b"<!doctype html><title>Bouvier</title><p>The console is not built yet. Run <code>make install</code>.</p>"


class Asking(Protocol):
    """The part of a request that is needed here."""

    path: str


class File(NamedTuple):
    """An answer: status, body, content type, headers."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str]


class ConsoleFiles:
    """Serves the folder from memory, each file read once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder.resolve()
        self._read: dict[Path, bytes] = {}

    def find(self, path: str) -> File:
        """Return the file at a path under `/console`."""
        relative = path.removeprefix(PREFIX).lstrip("/")
        wanted = (self._folder / relative).resolve()
        if not relative or not wanted.is_relative_to(self._folder) or not wanted.is_file():
            if "." in relative.rpartition("/")[2]:
                return File(404, b"not found", "text/plain", {})
            wanted = self._folder / "index.html"
            if not wanted.is_file():
                return File(503, NOT_BUILT, "text/html; charset=utf-8", {"Cache-Control": "no-store"})
        body = self._read.get(wanted)
        if body is None:
            body = self._read[wanted] = wanted.read_bytes()
        kind = mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
        forever = wanted.parent.name == "assets"
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if forever else "no-cache",
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return File(200, body, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, headers)
