"""The built web console as HTTP answers: hashed assets for ever, the page itself never kept.

The build output lies in `dist/` beside this file; it is made by `make install` and not kept in the source tree. Every
path without a file suffix answers with the page, whose own router takes it from there.
"""

from __future__ import annotations

import gzip
import mimetypes
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("dist")
PREFIX = "/console"
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' wss:;"
    " frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
"""Inline styles are what the component library needs; scripts come from this server only."""

COMPRESSIBLE = (".css", ".html", ".js", ".svg")
NOT_BUILT = b"<!doctype html><title>Bouvier</title><p>The console is not built yet. Run <code>make install</code>.</p>"


class File(NamedTuple):
    """An answer: status, body, content type, headers."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str]


class ConsoleFiles:
    """Serves the folder from memory, each file read and compressed once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder.resolve()
        self._read: dict[tuple[Path, bool], bytes] = {}

    def find(self, path: str, accept_encoding: str = "") -> File:
        """Return the file at a path under `/console`, compressed where the reader takes that."""
        relative = path.removeprefix(PREFIX).lstrip("/")
        wanted = (self._folder / relative).resolve()
        if not relative or not wanted.is_relative_to(self._folder) or not wanted.is_file():
            if "." in relative.rpartition("/")[2]:
                return File(404, b"not found", "text/plain", {})
            wanted = self._folder / "index.html"
            if not wanted.is_file():
                return File(503, NOT_BUILT, "text/html; charset=utf-8", {"Cache-Control": "no-store"})
        is_gzip = wanted.suffix in COMPRESSIBLE and "gzip" in accept_encoding
        kind = mimetypes.guess_type(wanted.name)[0] or "application/octet-stream"
        forever = wanted.parent.name == "assets"
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if forever else "no-cache",
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Vary": "Accept-Encoding",
        }
        if is_gzip:
            headers["Content-Encoding"] = "gzip"
        body = self._content(wanted, is_gzip=is_gzip)
        return File(200, body, f"{kind}; charset=utf-8" if kind.startswith("text/") else kind, headers)

    def _content(self, file: Path, *, is_gzip: bool) -> bytes:
        body = self._read.get((file, is_gzip))
        if body is None:
            plain = file.read_bytes()
            body = self._read[file, is_gzip] = gzip.compress(plain, mtime=0) if is_gzip else plain
        return body
