"""The least that a pod can cost: its two containers, created and started by the raw Engine API.

A pause container without network that shares its namespaces, and an application container that joins it, as the node
agent makes them; no address, no volumes, no probes, nobody told.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from bouvier.util.unix_http import SocketConnection

PAUSE = "bouvier/pause:1"
APPLICATION = "bouvier/busybox:1"
COMMAND = ["sleep", "3600"]


class RawEngine:
    """One kept-alive connection to an engine."""

    def __init__(self, socket: Path) -> None:
        self._connection = SocketConnection(socket, 60.0)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send a request and return the JSON of its answer.

        Raises:
            RuntimeError: the engine refused it.
        """
        content = json.dumps(body) if body is not None else None
        self._connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text) if text else None

    def start(self, image: str, host: dict[str, Any], command: list[str] | None = None) -> str:
        """Create and start a container and return its id."""
        body = {"Image": image, "HostConfig": host} | ({"Cmd": command} if command else {})
        made = self.ask("POST", "/containers/create", body)["Id"]
        self.ask("POST", f"/containers/{made}/start")
        return str(made)

    def start_pause(self) -> str:
        return self.start(PAUSE, {"NetworkMode": "none", "IpcMode": "shareable"})

    def start_application(self, pause: str) -> str:
        return self.start(APPLICATION, {"NetworkMode": f"container:{pause}", "IpcMode": f"container:{pause}"}, COMMAND)

    def remove(self, *containers: str) -> None:
        for container in containers:
            self.ask("DELETE", f"/containers/{container}?force=1&v=1")

    def close(self) -> None:
        self._connection.close()


def time_pair(socket: Path) -> float:
    """Return how many seconds the two containers of a pod take, and remove them."""
    engine = RawEngine(socket)
    begin = time.perf_counter()
    pause = engine.start_pause()
    application = engine.start_application(pause)
    seconds = time.perf_counter() - begin
    engine.remove(application, pause)
    engine.close()
    return seconds


def time_application(socket: Path) -> float:
    """Return how many seconds the application container of a pod takes when its pause is there."""
    engine = RawEngine(socket)
    pause = engine.start_pause()
    begin = time.perf_counter()
    application = engine.start_application(pause)
    seconds = time.perf_counter() - begin
    engine.remove(application, pause)
    engine.close()
    return seconds
