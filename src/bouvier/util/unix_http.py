"""Small blocking HTTP requests over a unix socket, with the standard library alone.

For the few questions that processes without an event loop ask: does the engine answer, is the API ready, load an image.
"""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from typing import NamedTuple

PROBE_TIMEOUT_SECONDS = 1.0
"""A healthy server on the same host answers in milliseconds; one that takes a second is not usable now."""


class Answer(NamedTuple):
    """A complete HTTP response."""

    status: int
    body: bytes


class SocketConnection(http.client.HTTPConnection):
    """An HTTP connection over a unix socket."""

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def request(
    path: Path,
    method: str,
    target: str,
    *,
    body: bytes = b"",
    content_type: str = "",
    timeout_seconds: float = PROBE_TIMEOUT_SECONDS,
) -> Answer:
    """Send one request and return its answer.

    Raises:
        OSError: nothing listens, or it does not answer in time or in HTTP.
    """
    connection = SocketConnection(path, timeout_seconds)
    try:
        connection.request(
            method, target, body=body or None, headers={"Content-Type": content_type} if content_type else {}
        )
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except http.client.HTTPException as error:
        raise OSError(f"{path}: no HTTP answer: {error}") from error
    finally:
        connection.close()


def get_status(path: Path, target: str) -> int:
    """Return the status code of a GET, 0 when nothing answers."""
    try:
        return request(path, "GET", target).status
    except OSError:
        return 0
