"""A page's watch in a cluster whose requests are passed on."""

import asyncio
import json
from typing import Any

import pytest

from bouvier.apiserver.extras import passed_watch
from bouvier.apiserver.extras.passed_watch import PassedWatch
from bouvier.apiserver.headers import Headers
from bouvier.apiserver.request import Answer, Request, Response, Streamed, User
from bouvier.meta.errors import ApiError

SECONDS = 5


async def nothing() -> bytes:
    return b""


class Other:
    """Another API: a list, and then what a test sends."""

    def __init__(self, status: int = 200) -> None:
        self.queries: list[str] = []
        self.chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.status = status

    async def answer(self, request: Request, _cluster: Any) -> Answer:
        self.queries.append(request.query_text)
        if "watch=1" not in request.query_text:
            items = [{"metadata": {"name": "a", "uid": "1"}}]
            return Response(200, json.dumps({"metadata": {"resourceVersion": "7"}, "items": items}).encode())

        async def run() -> None:
            stream = await request.exchange.start_stream(self.status, {})
            while (chunk := await self.chunks.get()) is not None:
                stream.write(chunk)

        return Streamed(run)


def watch_of(other: Other, heard: "asyncio.Queue[Any]") -> PassedWatch:
    exchange: Any = None
    request = Request(
        "GET", "/api/v1/pods", "labelSelector=x", Headers([]), nothing, exchange, cluster="far", user=User("me", ())
    )
    return PassedWatch(lambda frame: heard.put_nowait(json.loads(frame)), 3, request, {}, other.answer)


async def test_a_list_then_its_changes_whatever_the_pieces_are() -> None:
    """Frames are cut where lines end, not where bytes came."""
    other, heard = Other(), asyncio.Queue[Any]()
    watch = watch_of(other, heard)
    watch.start()
    first = await asyncio.wait_for(heard.get(), SECONDS)
    assert (first["id"], first["type"], first["items"][0]["metadata"]["name"]) == (3, "LIST", "a")
    line = json.dumps({"type": "MODIFIED", "object": {"metadata": {"name": "b"}}}).encode() + b"\n"
    other.chunks.put_nowait(line[:9])
    other.chunks.put_nowait(line[9:] + b'{"type":"BOOKMARK","object":{}}\n')
    change = await asyncio.wait_for(heard.get(), SECONDS)
    assert (change["type"], change["object"]["metadata"]["name"]) == ("MODIFIED", "b")
    assert other.queries == ["labelSelector=x", "labelSelector=x&watch=1&resourceVersion=7"]
    watch.stop()


async def test_a_watch_that_ends_is_listed_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of a stream, and a version that is too old, lead to a new list."""
    monkeypatch.setattr(passed_watch, "AGAIN_SECONDS", 0)
    other, heard = Other(), asyncio.Queue[Any]()
    watch = watch_of(other, heard)
    watch.start()
    await asyncio.wait_for(heard.get(), SECONDS)
    gone = ApiError("Expired", "too old", code=410).status()
    other.chunks.put_nowait(json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n")
    assert (await asyncio.wait_for(heard.get(), SECONDS))["type"] == "LIST"
    other.chunks.put_nowait(None)
    assert (await asyncio.wait_for(heard.get(), SECONDS))["type"] == "LIST"
    watch.stop()


async def test_a_refusal_is_told_in_the_other_apis_words() -> None:
    """Who may not watch there is told so, once."""
    other, heard = Other(status=403), asyncio.Queue[Any]()
    watch = watch_of(other, heard)
    watch.start()
    await asyncio.wait_for(heard.get(), SECONDS)
    other.chunks.put_nowait(json.dumps(ApiError("Forbidden", "not you").status()).encode() + b"\n")
    refusal = await asyncio.wait_for(heard.get(), SECONDS)
    assert (refusal["error"]["code"], refusal["error"]["message"]) == (403, "not you")
    watch.stop()
