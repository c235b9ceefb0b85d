"""Requests as bytes and answers as objects or errors."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson

from bouvier.client.endpoint import Endpoint
from bouvier.client.http.connection import Answer
from bouvier.meta.errors import REASON_CODES, ApiError

JSON = "application/json"
FIRST_ERROR_CODE = 400
_REASONS = {
    code: reason
    for reason, code in reversed(REASON_CODES.items())
    if reason not in {"Gone", "ServerTimeout", "Conflict"}
} | {409: "Conflict", 410: "Expired"}

TOKEN_SECONDS = 60.0
"""How long a token that was read from a file is used, as client-go: it is renewed long before it expires."""

Query = Mapping[str, str | int | list[str]]


class Writer:
    """Writes requests for one endpoint and user agent."""

    def __init__(self, endpoint: Endpoint, user_agent: str) -> None:
        self._prefix = endpoint.prefix
        lines = [f"Host: {endpoint.authority}", f"User-Agent: {user_agent}"]
        self._token = endpoint.token
        self._token_file = endpoint.token_file
        self._reread_at = 0.0
        for index, name in enumerate(endpoint.impersonate):
            lines.append(f"Impersonate-{'Group' if index else 'User'}: {_one_line(name)}")
        self._common = "".join(f"{line}\r\n" for line in lines)

    def _authorization(self) -> str:
        """Return the header with the token, read again from its file now and then: tokens of pods are renewed."""
        if self._token_file and time.monotonic() >= self._reread_at:
            self._token = Path(self._token_file).read_text().strip()
            self._reread_at = time.monotonic() + TOKEN_SECONDS
        return f"Authorization: Bearer {self._token}\r\n" if self._token else ""

    def target(self, path: str, query: Query | None) -> str:
        """Return the request target of a path within the logical cluster."""
        if not query:
            return self._prefix + path
        return f"{self._prefix}{path}?{urlencode(query, doseq=True)}"

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: bytes = b"",
        content_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        """Return a whole request."""
        head = (
            f"{method} {self.target(path, query)} HTTP/1.1\r\n{self._common}{self._authorization()}Accept: {accept}\r\n"
        )
        if not body:
            length = "" if method == "GET" else "Content-Length: 0\r\n"
            return f"{head}{length}\r\n".encode()
        return f"{head}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def _one_line(text: str) -> str:
    if not text or any(ord(character) < ord(" ") for character in text):
        raise ValueError(f"{text!r} cannot be impersonated")
    return text


def encode(body: Any) -> bytes:
    """Return a request body: bytes as they are, anything else as JSON."""
    if body is None:
        return b""
    return body if isinstance(body, bytes) else orjson.dumps(body)


def decode(answer: Answer) -> Any:
    """Return the JSON of a successful answer, `{}` when it is empty.

    Raises:
        ApiError: the answer is a refusal.
        ConnectionError: it is not JSON.
    """
    if answer.status >= FIRST_ERROR_CODE:
        raise error_of(answer.status, answer.headers, answer.body)
    if not answer.body:
        return {}
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        raise ConnectionError(f"answer is not JSON: {error}") from error


def error_of(status: int, headers: Mapping[bytes, bytes], body: bytes) -> ApiError:
    """Return the error of a refusal: its Status object, or what the code alone says."""
    error = _from_body(status, body)
    retry_after = headers.get(b"retry-after", b"")
    if retry_after.isdigit():
        error.retry_after_seconds = int(retry_after)
    return error


def _from_body(status: int, body: bytes) -> ApiError:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = None
    if isinstance(document, dict) and document.get("kind") == "Status":
        return ApiError.from_status(document)
    text = body.decode(errors="replace").strip()[:500]
    return ApiError(_REASONS.get(status, "InternalError"), text or f"the server answered {status}", code=status)
