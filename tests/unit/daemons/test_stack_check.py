"""Checking Compose files for the console."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from bouvier.apiserver.request import ANONYMOUS, Request, User
from bouvier.daemons.stack_check import check
from bouvier.meta.errors import ApiError

COMPOSE = """
services:
  web:
    image: bouvier/sample:${VERSION:-1}
    links: [db:store]
    labels: {io.rancher.sidekicks: helper}
  helper:
    image: bouvier/busybox:1
    network_mode: container:web
  db:
    image: bouvier/busybox:1
    expose: [5000]
    mac_address: 02:42:ac:11:65:43
"""


def request(body: Any, user: User = User("somebody", ())) -> Request:  # noqa: B008 - a plain value
    async def read() -> bytes:
        return json.dumps(body).encode()

    given: Any = SimpleNamespace(user=user, method="POST", read=read)
    return given


async def checked(body: Any) -> Any:
    answer: Any = await check(request(body))
    return json.loads(answer.body)


async def test_services_with_needs_sidekicks_and_ignored_keys() -> None:
    """The answer draws the graph: units, what each needs, and what has no effect."""
    found = await checked({"name": "shop", "compose": COMPOSE, "environment": {"VERSION": "2"}})
    services = {one["name"]: one for one in found["services"]}
    assert set(services) == {"web", "db"}
    assert services["web"]["needs"] == ["db"]
    assert services["web"]["sidekicks"] == ["helper"]
    assert services["web"]["images"][0] == "bouvier/sample:2"
    assert any("mac_address" in one["path"] for one in found["ignored"])


@pytest.mark.parametrize(
    ("compose", "field", "words"),
    [
        ("services:\n  web:\n    image: a\n    nonsense: 1\n", "docker-compose.yml:4:", "nonsense"),
        ("services:\n  web: [\n", "docker-compose.yml:3:1", ""),
        ("services:\n  a:\n    image: x\n    depends_on: [b]\n", "docker-compose.yml:4:", "b"),
        (" ", "compose", "Required"),
    ],
)
async def test_what_is_not_understood_is_refused_with_its_place(compose: str, field: str, words: str) -> None:
    """File, line and column lead to what is wrong."""
    with pytest.raises(ApiError) as caught:
        await check(request({"compose": compose}))
    cause = caught.value.details["causes"][0]
    assert caught.value.code == 422
    assert cause["field"].startswith(field)
    assert words in cause["message"]


async def test_strangers_are_refused() -> None:
    """Only who is signed in may ask."""
    with pytest.raises(ApiError, match="Unauthorized"):
        await check(request({}, ANONYMOUS))
