"""A process that dies between any two writes leaves a call that is carried out exactly once."""

import asyncio
from typing import Any

import pytest

from bouvier.client import Client, Endpoint
from bouvier.client.rest import Client as RestClient
from tests.contract.hooks.conftest import Hooks, controller, scaling


class Dying(RestClient):
    """A client whose process dies at its n-th write, before or after the server performs it."""

    left = 0
    is_before = False
    dead: asyncio.Event

    async def request(self, method: str, path: str, **how: Any) -> Any:
        if self.dead.is_set():
            raise ConnectionError("dead")
        if method in ("PATCH", "POST") and "/events" not in path:
            Dying.left -= 1
            if Dying.left == 0:
                self.dead.set()
                if not self.is_before:
                    await super().request(method, path, **how)
                raise ConnectionError("dead")
        return await super().request(method, path, **how)

    def acting_as(self, user: str, groups: Any = ()) -> Client:
        plain = super().acting_as(user, groups)
        made = Dying(plain.endpoint, plain.user_agent)
        made.dead, made.is_before = self.dead, self.is_before
        return made


@pytest.mark.parametrize("is_before", [True, False])
@pytest.mark.parametrize("write", [1, 2, 3, 4])
async def test_a_call_survives_the_death_of_its_process(door: Hooks, write: int, *, is_before: bool) -> None:
    """Whichever write is the last one of the first process, the second finishes the call, once."""
    await door.deploy(replicas=1)
    await door.make("up", **scaling(1))
    client = Dying(Endpoint(unix_socket=str(door.api.socket), token=door.api.token("hooks")))
    client.dead, client.is_before, Dying.left = asyncio.Event(), is_before, write

    async with controller(door.api, client):
        sent = asyncio.create_task(door.call("up", Idempotency_Key="a"))
        async with asyncio.timeout(60):
            await client.dead.wait()
    async with controller(door.api):
        assert (await sent).status in (200, 202)  # 202 when the second process took its time
        async with asyncio.timeout(60):
            while (again := await door.call("up", Idempotency_Key="a")).status == 202:
                pass
    assert (again.status, again.body["result"]) == (200, "Done")
    assert again.body["replayed"]
    assert await door.replicas() == 2
    assert (await door.get("up"))["status"]["calls"] == 1
