"""Clients that write ConfigMaps at random and note what they were told, and a watcher that notes what it saw.

Requests are sent once and never again, whatever becomes of their connection: whether a write happened that was not answered
is for the checker to find out.
"""

import asyncio
import itertools
import json
import random
import time
from pathlib import Path
from typing import Any

from tests.support.histories import (
    APPLY,
    BY,
    CREATE,
    DELETE,
    DONE,
    PATCH,
    REFUSED,
    UPDATE,
    Attempt,
    Seen,
    Version,
)

NAMESPACE = "default"
PATH = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
PREFIX = "fault-"
KINDS = (CREATE, CREATE, UPDATE, UPDATE, PATCH, PATCH, PATCH, APPLY, APPLY, DELETE)
RETRY_SECONDS = 0.02
MERGE, APPLY_TYPE, JSON = "application/merge-patch+json", "application/apply-patch+yaml", "application/json"


class Line:
    """One connection, opened again when it broke."""

    def __init__(self, socket: Path, token: str) -> None:
        self._socket = socket
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Any = None, content_type: str = JSON) -> tuple[int, Any]:
        """Send a request once and return status and document.

        Raises:
            OSError, EOFError: no answer, or not all of it.
        """
        try:
            reader, writer = await self._open()
            writer.write(self._request(method, path, body, content_type))
            await writer.drain()
            status, headers = await _head(reader)
            content = await reader.readexactly(int(headers["content-length"]))
            return status, json.loads(content)
        except BaseException:
            self.close()
            raise

    async def follow(self, path: str) -> tuple[int, asyncio.StreamReader]:
        """Send a request and return the status and where the chunks of its answer come."""
        reader, writer = await self._open()
        writer.write(self._request("GET", path, None, JSON))
        await writer.drain()
        status, _ = await _head(reader)
        return status, reader

    async def connect(self) -> None:
        """Open the connection if there is none. Raises: OSError."""
        await self._open()

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_unix_connection(str(self._socket), limit=1 << 22)
        return self._streams

    def _request(self, method: str, path: str, body: Any, content_type: str) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = [
            f"{method} {path} HTTP/1.1",
            "Host: api",
            f"Authorization: Bearer {self._token}",
            f"Content-Type: {content_type}",
            f"Content-Length: {len(content)}",
        ]
        return "\r\n".join([*head, "", ""]).encode() + content


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers


class Writers:
    """So many clients, spread over the servers, until so many attempts were made."""

    def __init__(self, sockets: list[Path], token: str, total: int, clients: int = 16, keys: int = 48) -> None:
        self.attempts: list[Attempt] = []
        self.defects: list[str] = []
        """Answers that no client should get, however the server fares."""
        self._sockets = sockets
        self._token = token
        self._total = total
        self._clients = clients
        self._keys = [f"{PREFIX}{number}" for number in range(keys)]
        self._known: dict[str, int] = {}
        """Newest resourceVersion that any client was told, by key; updates name it and may well be too late."""

    async def run(self) -> None:
        await asyncio.gather(*(self._client(number) for number in range(self._clients)))

    async def _client(self, number: int) -> None:
        dice = random.Random(number)
        line = Line(self._sockets[number % len(self._sockets)], self._token)
        while len(self.attempts) < self._total:
            try:
                await line.connect()
            except OSError:
                await asyncio.sleep(RETRY_SECONDS)  # nothing was sent: no attempt
                continue
            attempt = self._choose(dice, number)
            self.attempts.append(attempt)
            try:
                status, document = await line.ask(*_request(attempt, f"writer-{number}"))
            except (OSError, EOFError):
                continue
            attempt.ended = time.monotonic()
            self._note(attempt, status, document)
        line.close()

    def _choose(self, dice: random.Random, number: int) -> Attempt:
        mark, kind, key = f"m{len(self.attempts)}", dice.choice(KINDS), dice.choice(self._keys)
        data = {} if kind == DELETE else {BY: mark, f"of{number}": mark}
        if kind in (CREATE, UPDATE):
            data["whole"] = mark
        expected = self._known.get(key, 1) if kind == UPDATE else 0
        return Attempt(mark, kind, key, data, time.monotonic(), expected)

    def _note(self, attempt: Attempt, status: int, document: Any) -> None:
        if status in (200, 201):
            attempt.outcome = DONE
            metadata = document.get("metadata") or {}
            attempt.uid = document["details"]["uid"] if attempt.kind == DELETE else metadata["uid"]
            attempt.revision = int(metadata.get("resourceVersion") or 0)
            if attempt.revision:
                self._known[attempt.key] = max(attempt.revision, self._known.get(attempt.key, 0))
        elif status in (404, 409):
            attempt.outcome = REFUSED
        elif status != 503:  # after which nobody knows whether the write happened
            self.defects.append(f"{status} for {attempt}: {document}")


def _request(attempt: Attempt, manager: str) -> tuple[str, str, Any, str]:
    """Return method, path, body and its type."""
    body: Any = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": attempt.key}, "data": attempt.data}
    path = f"{PATH}/{attempt.key}"
    if attempt.kind == CREATE:
        return "POST", PATH, body, JSON
    if attempt.kind == UPDATE:
        body["metadata"]["resourceVersion"] = str(attempt.expected)
        return "PUT", path, body, JSON
    if attempt.kind == PATCH:
        return "PATCH", path, {"data": attempt.data}, MERGE
    if attempt.kind == APPLY:
        return "PATCH", f"{path}?fieldManager={manager}&force=true", body, APPLY_TYPE
    return "DELETE", path, None, JSON


class Watcher:
    """Follows the collection from a revision, over lost connections, at one server after the other."""

    def __init__(self, sockets: list[Path], token: str, revision: int) -> None:
        self.seen: list[Seen] = []
        self.defects: list[str] = []
        self.connections = 0
        self.revision = revision
        self._sockets = itertools.cycle(sockets)
        self._token = token

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            line = Line(next(self._sockets), self._token)
            try:
                await self._once(line)
            except (OSError, EOFError):
                await asyncio.sleep(RETRY_SECONDS)
            finally:
                line.close()

    async def _once(self, line: Line) -> None:
        query = f"watch=true&allowWatchBookmarks=true&resourceVersion={self.revision}"
        status, reader = await line.follow(f"{PATH}?{query}")
        if status != 200:
            if status != 503:
                self.defects.append(f"the watch from {self.revision} was answered {status}")
            raise ConnectionError(status)
        self.connections += 1
        rest = b""
        while True:
            size = int((await reader.readuntil(b"\r\n")).strip(), 16)
            if not size:
                raise EOFError
            chunk = (await reader.readexactly(size + 2))[:-2]
            *lines, rest = (rest + chunk).split(b"\n")
            for text in lines:
                self._take(json.loads(text))

    def _take(self, event: dict[str, Any]) -> None:
        obj = event["object"]
        if event["type"] == "ERROR":
            self.defects.append(f"the watch from {self.revision} ended with {obj}")
            raise ConnectionError(obj)
        metadata = obj["metadata"]
        self.revision = int(metadata["resourceVersion"])
        if event["type"] != "BOOKMARK" and metadata["name"].startswith(PREFIX):
            data = obj.get("data") or {}
            self.seen.append(Seen(event["type"], metadata["name"], self.revision, metadata["uid"], data))


async def listed(socket: Path, token: str) -> tuple[int, dict[str, Version]]:
    """Return the revision of a list of the present, and what it holds."""
    line = Line(socket, token)
    status, document = await line.ask("GET", PATH)
    line.close()
    assert status == 200, document
    items = {}
    for obj in document["items"]:
        metadata = obj["metadata"]
        if metadata["name"].startswith(PREFIX):
            items[metadata["name"]] = Version(int(metadata["resourceVersion"]), metadata["uid"], obj.get("data") or {})
    return int(document["metadata"]["resourceVersion"]), items
