"""Calls to masters, agents and Marathon over HTTP.

Of several masters only one leads; the others redirect to it. The leader is remembered until it fails, then the given
addresses are tried again in order. Everything that goes wrong on the way is a `ConnectionError` that names the address;
an answer that refuses a call is a `CallRefusedError`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import orjson

from bouvier.clusters.mesos.recordio import Decoder

CALL = aiohttp.ClientTimeout(total=10, sock_connect=3)
"""An orchestrator that is slower is as good as away: other rounds wait for the answer."""
STREAM = aiohttp.ClientTimeout(total=None, sock_connect=3, sock_read=75)
"""Five missed heartbeats of 15 s end a stream."""
MOST_REDIRECTS = 5
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


FIRST_ERROR = 400


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    data: Any
    query: Mapping[str, str] | None
    headers: Mapping[str, str]
    limits: aiohttp.ClientTimeout


class CallRefusedError(Exception):
    """The answer to a call was an error."""

    def __init__(self, url: str, status: int, text: str) -> None:
        super().__init__(f"{url} answered {status}: {text.strip()[:500]}")
        self.status = status
        self.text = text.strip()


class MesosHttp:
    """One service behind one or more addresses."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._given = [url.rstrip("/") for url in urls]
        self._leader = ""
        self._session: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        """Return the address that answers, or the first one given."""
        return self._leader or self._given[0]

    async def json(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        limits: aiohttp.ClientTimeout = CALL,
    ) -> Any:
        """Send a request and return the decoded answer, None when it is empty.

        Raises:
            ConnectionError: it cannot be reached.
            CallRefusedError: it refuses.
        """
        data = None if body is None else orjson.dumps(body)
        async with self._open(_Request(method, path, data, query, headers or {}, limits)) as response:
            raw = await response.read()
        try:
            return orjson.loads(raw) if raw else None
        except orjson.JSONDecodeError:
            raise ConnectionError(f"{self.url}{path} did not answer with JSON: is this the right address?") from None

    async def operate(self, kind: str, call: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make a call of the operator API and return the part of the answer that bears its name."""
        body = {"type": kind} | ({kind.lower(): call} if call is not None else {})
        answer = await self.json("POST", "/api/v1", body)
        found: dict[str, Any] = (answer or {}).get(kind.lower(), {})
        return found

    @asynccontextmanager
    async def records(
        self, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[tuple[Mapping[str, str], AsyncIterator[Any]]]:
        """Open a call that is answered by a stream of messages; gives headers and messages."""
        async with self._open(_Request("POST", path, orjson.dumps(body), None, headers or {}, STREAM)) as response:
            yield response.headers, self._messages(response)

    async def _messages(self, response: aiohttp.ClientResponse) -> AsyncIterator[Any]:
        decoder = Decoder()
        with self._as_connection_errors():
            async for chunk in response.content.iter_any():
                for message in decoder.feed(chunk):
                    yield message

    @asynccontextmanager
    async def lines(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a stream of server-sent events, line by line."""
        async with self._open(_Request("GET", path, None, None, {"Accept": "text/event-stream"}, STREAM)) as response:
            yield self._lines(response)

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        with self._as_connection_errors():
            async for line in response.content:
                yield line

    async def upload(self, path: str, data: AsyncIterator[bytes]) -> None:
        """Send a stream of records."""
        headers = {"Content-Type": "application/recordio", "Message-Content-Type": "application/json"}
        async with self._open(_Request("POST", path, data, None, headers, STREAM)):
            return

    @asynccontextmanager
    async def _open(self, request: _Request) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request to the leader, wherever that is."""
        async with contextlib.AsyncExitStack() as stack:
            response = None
            failure: Exception | None = None
            for base in dict.fromkeys(filter(None, (self._leader, *self._given))):
                try:
                    response = await self._follow(stack, base, request)
                    break
                except (aiohttp.ClientError, OSError, TimeoutError) as error:
                    self._leader, failure = "", error
            if response is None:
                text = str(failure) or type(failure).__name__
                raise ConnectionError(f"{' and '.join(self._given)} cannot be reached: {text}") from failure
            with self._as_connection_errors():
                if response.status >= FIRST_ERROR:
                    raise CallRefusedError(self.url + request.path, response.status, await response.text())
                yield response

    async def _follow(self, stack: contextlib.AsyncExitStack, base: str, request: _Request) -> aiohttp.ClientResponse:
        session = self._session or self._connect()
        for _ in range(MOST_REDIRECTS):
            response: aiohttp.ClientResponse = await stack.enter_async_context(
                session.request(
                    request.method,
                    base + request.path,
                    data=request.data,
                    params=request.query,
                    headers={**_JSON, **request.headers},
                    timeout=request.limits,
                    allow_redirects=False,
                )
            )
            if response.status not in (301, 302, 307, 308):
                self._leader = base
                return response
            target = urlsplit(urljoin(base, response.headers.get("Location", "")))
            base = f"{target.scheme}://{target.netloc}"
        raise OSError("the masters redirect in a circle")

    @contextlib.contextmanager
    def _as_connection_errors(self) -> Any:
        try:
            yield
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self._leader = ""
            raise ConnectionError(f"{self._given[0]}: {str(error) or type(error).__name__}") from error

    def _connect(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, read_bufsize=2**18)
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
