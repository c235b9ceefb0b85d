"""Asking the supervisor, over its control socket."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from typing import Any

from bouvier.util.places import Places

ANSWER_TIMEOUT_SECONDS = 10.0
"""The supervisor answers in a millisecond, except while it imports the daemons at its start."""
POLL_SECONDS = 0.02


def ask(places: Places, op: str, **arguments: Any) -> dict[str, Any] | None:
    """Return the supervisor's answer, None when none is running."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_TIMEOUT_SECONDS)
            connection.connect(str(places.supervisor_socket))
            connection.sendall(json.dumps({"op": op, **arguments}).encode() + b"\n")
            line = connection.makefile("rb").readline()
    except (FileNotFoundError, ConnectionError, TimeoutError):
        return None
    if not line:
        return None
    answer: dict[str, Any] = json.loads(line)
    return answer


def wait_until(condition: Callable[[], bool], timeout_seconds: float) -> bool:
    """Wait for a condition; return whether it came true in time."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
