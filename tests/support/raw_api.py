"""Plain HTTP requests to an API server in the test's process, with everything of the answer: status, headers, body."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import aiohttp

from tests.support.apiserver import RunningApi

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
SECONDS = 30.0


class Reply(NamedTuple):
    """One answer."""

    status: int
    body: Any
    """The decoded document, or the text when it is none."""
    headers: Any

    @property
    def warnings(self) -> list[str]:
        """Texts of the Warning headers."""
        return [
            line.removeprefix('299 - "').removesuffix('"').replace('\\"', '"')
            for line in self.headers.getall("Warning", [])
        ]


class RawApi:
    """Requests as one user or another."""

    def __init__(self, running: RunningApi, session: aiohttp.ClientSession) -> None:
        self.running = running
        self._session = session

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        kind: str = JSON,
        user: str = "admin",
        headers: dict[str, str] | None = None,
        **query: str,
    ) -> Reply:
        """Send a request; `body` is sent as it is when it is text or bytes, without a type when `kind` is empty."""
        sent = {"Authorization": f"Bearer {self.running.token(user)}"} | (headers or {})
        data = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        if data is not None and kind:
            sent.setdefault("Content-Type", kind)
        options: dict[str, Any] = {
            "data": data,
            "headers": sent,
            "params": query,
            "skip_auto_headers": ["Content-Type"],
        }
        async with self._session.request(method, f"http://api{path}", **options) as answer:
            raw = await answer.read()
            try:
                document = json.loads(raw)
            except ValueError:
                document = raw.decode()
            return Reply(answer.status, document, answer.headers)

    async def ok(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request that must succeed and return its document."""
        reply = await self(method, path, body, **more)
        assert reply.status < 300, reply.body
        return reply.body

    @asynccontextmanager
    async def watching(
        self, path: str, *, headers: dict[str, str] | None = None, **query: str
    ) -> AsyncIterator["Watch"]:
        """Open a watch."""
        sent = {"Authorization": f"Bearer {self.running.token()}"} | (headers or {})
        async with self._session.get(f"http://api{path}", params=query | {"watch": "true"}, headers=sent) as answer:
            assert answer.status == 200, await answer.text()
            yield Watch(answer)


class Watch:
    """The events of an open watch."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer
        self.headers = answer.headers

    async def next(self) -> tuple[str, Any]:
        """Return type and object of the next event. Raises: TimeoutError, EOFError at the end of the watch."""
        async with asyncio.timeout(SECONDS):
            line = await self._answer.content.readline()
        if not line:
            raise EOFError
        event = json.loads(line)
        return event["type"], event["object"]

    async def rest(self) -> list[tuple[str, Any]]:
        """Return everything until the server ends the watch."""
        found = []
        while True:
            try:
                found.append(await self.next())
            except EOFError:
                return found

    async def until(self, kind: str, name: str) -> list[tuple[str, Any]]:
        """Return the events up to one of this type about an object of this name."""
        found = []
        while True:
            found.append(await self.next())
            if (found[-1][0], found[-1][1]["metadata"].get("name")) == (kind, name):
                return found


@asynccontextmanager
async def raw_api(running: RunningApi) -> AsyncIterator[RawApi]:
    """Open a client of a running API server."""
    connector = aiohttp.UnixConnector(path=str(running.socket), limit=0)
    timeout = aiohttp.ClientTimeout(total=2 * SECONDS)
    # Long lines: a watch event is one line, whatever its size.
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, read_bufsize=2**22) as session:
        yield RawApi(running, session)
