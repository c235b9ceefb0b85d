"""The supervisor's control socket: one JSON line asks, one JSON line answers, then the connection closes.

Only the owner of the data directory can open it. Requests are tiny, and a client that sends nothing is dropped after
a second, so the supervisor's single thread is never held.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

REQUEST_LIMIT_BYTES = 64 << 10
CLIENT_TIMEOUT_SECONDS = 1.0

Handler = Callable[[Mapping[str, Any]], dict[str, Any]]


class ControlServer:
    """Listens on the control socket and answers with the handler of the request's `op`."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers
        self._path = path
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(16)
        self._listener.settimeout(0)

    def fileno(self) -> int:
        """Return the listener's descriptor, for a selector."""
        return self._listener.fileno()

    def serve_one(self) -> None:
        """Answer one waiting client; a client that misbehaves is dropped."""
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        with connection:
            connection.settimeout(CLIENT_TIMEOUT_SECONDS)
            try:
                answer = self._answer(_read_line(connection))
                connection.sendall(json.dumps(answer).encode() + b"\n")
            except OSError:
                return

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            handler = self._handlers[request["op"]]
        except (ValueError, KeyError, TypeError):
            known = ", ".join(sorted(self._handlers))
            return {"error": f'expected {{"op": …}} with one of: {known}'}
        return handler(request)

    def close(self) -> None:
        """Stop listening and remove the socket."""
        self._listener.close()
        self._path.unlink(missing_ok=True)


def _read_line(connection: socket.socket) -> bytes:
    received = b""
    while b"\n" not in received and len(received) < REQUEST_LIMIT_BYTES:
        chunk = connection.recv(4096)
        if not chunk:
            break
        received += chunk
    return received.partition(b"\n")[0]
