"""Answers as bytes on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from bouvier.apiserver.request import Response

_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}
_JSON = "application/json"
_PLAIN = {
    status: b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %%d\r\n\r\n%%b"
    % (status, _REASONS[status])
    for status in (200, 201)
}
"""Whole answers but for length and body: nearly all are of these forms."""
_AUDITED = {status: form.replace(b"\r\n\r\n", b"\r\nAudit-ID: %b\r\n\r\n") for status, form in _PLAIN.items()}


def encode(response: Response, warnings: Sequence[str], *, close: bool, no_body: bool, audit_id: str = "") -> bytes:
    """Return head and body of a complete answer."""
    body = b"" if no_body else response.body
    is_plain = not (response.headers or warnings or close or no_body)
    if is_plain and response.content_type == _JSON and response.status in _PLAIN:
        if audit_id:
            return _AUDITED[response.status] % (len(body), audit_id.encode(), body)
        return _PLAIN[response.status] % (len(body), body)
    headers = {"Content-Type": response.content_type, "Content-Length": str(len(response.body))}
    headers.update(response.headers or {})
    if audit_id:
        headers["Audit-ID"] = audit_id
    lines = [f'Warning: 299 - "{_quote(warning)}"' for warning in warnings]
    return head(response.status, headers, lines, close=close) + body


def head(status: int, headers: Mapping[str, str], lines: Sequence[str] = (), *, close: bool = False) -> bytes:
    """Return the status line and headers, with the empty line behind them."""
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    text += "".join(f"{line}\r\n" for line in lines)
    if close:
        text += "Connection: close\r\n"
    start = b"HTTP/1.1 %d %b\r\n" % (status, _REASONS.get(status, b"Unknown"))
    return start + text.encode("latin-1", "replace") + b"\r\n"


def _quote(text: str) -> str:
    flat = "".join(c if c.isprintable() else " " for c in text)
    return flat.replace("\\", "\\\\").replace('"', '\\"')
