"""One API server with controllers and two pretended hosts for each file of tests, a namespace for each test."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conformance.lifecycles.go_client import GoClient
from tests.contract.controllers.world import World, world
from tests.support.raw_api import RawApi, raw_api

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """The world of this file's tests."""
    async with world(tmp_path_factory.mktemp("world"), hosts=("h1", "h2")) as made:
        made.exit_codes |= {"ok:1": 0, "bad:1": 1}
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(here: World) -> AsyncIterator[RawApi]:
    """Plain requests to it."""
    async with raw_api(here.api) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def go(api: RawApi) -> GoClient:
    """A client for a new namespace."""
    name = f"life-{next(_numbers)}"
    await api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return GoClient(api, name)
