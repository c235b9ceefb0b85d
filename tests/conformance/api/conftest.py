"""One API server for each file of tests, and a namespace of its own for each test."""

import itertools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.apiserver import running_api
from tests.support.raw_api import RawApi, raw_api

_numbers = itertools.count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RawApi]:
    """An API server without controllers."""
    async with running_api(tmp_path_factory.mktemp("api")) as running, raw_api(running) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def space(api: RawApi) -> str:
    """The name of a new namespace."""
    name = f"space-{next(_numbers)}"
    await api.ok("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    return name
