"""Every watch of one console page over one websocket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS
from tests.contract.test_api_verbs import config

PATH = "/bouvier/v1/live"
MAPS = "/api/v1/namespaces/default/configmaps"
DEADLINE_SECONDS = 10


class Page:
    """The page's end of the websocket."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    async def ask(self, **order: Any) -> None:
        await self._socket.send_text(json.dumps(order))

    async def hear(self) -> dict[str, Any]:
        message = await asyncio.wait_for(self._socket.receive(), DEADLINE_SECONDS)
        answer: dict[str, Any] = json.loads(message)
        return answer


@pytest.fixture
async def page(client: Client) -> AsyncIterator[Page]:
    socket = await client.websocket(PATH)
    yield Page(socket)
    await socket.close()


async def test_a_watch_is_a_list_and_then_its_changes(client: Client, page: Page) -> None:
    """What is there comes first, what changes follows, and a stopped watch is silent."""
    await client.create(CONFIGMAPS, config("before"))
    await page.ask(id=7, watch=MAPS, query="fieldSelector=metadata.name%3Dbefore")
    first = await page.hear()
    assert (first["id"], first["type"]) == (7, "LIST")
    assert [item["metadata"]["name"] for item in first["items"]] == ["before"]
    await client.create(CONFIGMAPS, config("other"))
    await client.delete(CONFIGMAPS, "before", "default")
    change = await page.hear()
    assert (change["id"], change["type"], change["object"]["metadata"]["name"]) == (7, "DELETED", "before")
    await page.ask(id=7, stop=True)
    await client.create(CONFIGMAPS, config("before"))
    await page.ask(ping=1)
    assert await page.hear() == {"pong": 1}


async def test_what_cannot_be_watched_is_an_error_of_that_watch_alone(page: Page) -> None:
    """An unknown kind ends its own watch; the others go on."""
    await page.ask(id=1, watch="/api/v1/gadgets")
    refused = await page.hear()
    assert (refused["id"], refused["error"]["reason"]) == (1, "NotFound")
    await page.ask(id=2, watch=MAPS)
    assert (await page.hear())["type"] == "LIST"


async def test_each_watch_is_allowed_or_not(client_of: Callable[..., Client]) -> None:
    """Who may not watch a kind is told so on the socket, and strangers get none."""
    socket = await client_of("nobody").websocket(PATH)
    page = Page(socket)
    await page.ask(id=1, watch="/api/v1/secrets")
    assert (await page.hear())["error"]["reason"] == "Forbidden"
    await socket.close()
    with pytest.raises(ApiError, match="Unauthorized"):
        await client_of(token="no such token").websocket(PATH)
