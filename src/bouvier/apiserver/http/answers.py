"""Answers as bytes on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from bouvier.apiserver.request import Response

_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_JSON = "application/json"
_PLAIN = {
    status: b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\n%%bContent-Length: %%d\r\n\r\n%%b"
    % (status, _REASONS[status])
    for status in (200, 201)
}
"""Whole answers but for length and body: nearly all are of these forms."""


WARNINGS_LENGTH, WARNING_LENGTH = 4096, 256
"""Characters of all warnings together, and of one of them when they are too many. Source: Kubernetes' recorder."""


def encode(response: Response, warnings: Sequence[str], *, close: bool, no_body: bool, more: bytes = b"") -> bytes:
    """Return head and body of a complete answer; `more` are header lines that are ready."""
    body = b"" if no_body else response.body
    is_plain = not (response.headers or warnings or close or no_body)
    if is_plain and response.content_type == _JSON and response.status in _PLAIN:
        return _PLAIN[response.status] % (more, len(body), body)
    headers = {"Content-Type": response.content_type, "Content-Length": str(len(response.body))}
    headers.update(response.headers or {})
    lines = warning_lines(warnings)
    return head(response.status, headers, lines, close=close, more=more) + body


def warning_lines(warnings: Sequence[str]) -> list[str]:
    """Return the headers of warnings, each once; when they are long together, the beginning of each."""
    found = list(dict.fromkeys(warnings))
    if sum(map(len, found)) > WARNINGS_LENGTH:
        found = [warning[:WARNING_LENGTH] for warning in found[: WARNINGS_LENGTH // WARNING_LENGTH]]
    return [f'Warning: 299 - "{_quote(warning)}"' for warning in found]


def chunked_head(response: Response, warnings: Sequence[str], *, close: bool, more: bytes = b"") -> bytes:
    """Return the head of an answer whose body follows in chunks; `more` are header lines that are ready."""
    headers = {"Content-Type": response.content_type, "Transfer-Encoding": "chunked"} | dict(response.headers or {})
    return head(response.status, headers, warning_lines(warnings), close=close, more=more)


def head(
    status: int, headers: Mapping[str, str], lines: Sequence[str] = (), *, close: bool = False, more: bytes = b""
) -> bytes:
    """Return the status line and headers, with the empty line behind them."""
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text += "".join(f"{line}\r\n" for line in lines)
    if close:
        text += "Connection: close\r\n"
    start = b"HTTP/1.1 %d %b\r\n" % (status, _REASONS.get(status, b"Unknown"))
    return start + text.encode("latin-1", "replace") + more + b"\r\n"


_SHARED_BYTES = 1024 * 1024
"""Chunks up to this size are kept until the next one."""
_latest: tuple[bytes, bytes] = (b"", b"0\r\n\r\n")


def chunk(data: bytes) -> bytes:
    """Return a piece of a chunked body; many watchers in a row are sent the very same one, which is then made once."""
    global _latest  # noqa: PLW0603 - what is remembered depends on nothing but the argument
    if data is _latest[0]:
        return _latest[1]
    made = b"%x\r\n%b\r\n" % (len(data), data)
    if len(data) <= _SHARED_BYTES:
        _latest = (data, made)
    return made


def _quote(text: str) -> str:
    flat = "".join(c if c.isprintable() else " " for c in text)
    return flat.replace("\\", "\\\\").replace('"', '\\"')
