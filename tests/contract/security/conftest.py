"""An issuer of tokens, and clients with whatever proof a test makes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from tests.support.apiserver import RunningApi
from tests.support.oidc import Issuer, running_issuer


@pytest.fixture
async def issuer(tmp_path: Path) -> AsyncIterator[Issuer]:
    async with running_issuer(tmp_path) as made:
        yield made


@pytest.fixture
async def anyone() -> AsyncIterator[Callable[[RunningApi, str], Client]]:
    """Make a client of an API server that shows a token."""
    made: list[Client] = []

    def make(api: RunningApi, token: str) -> Client:
        made.append(Client.connect(Endpoint(unix_socket=str(api.socket), token=token)))
        return made[-1]

    yield make
    for one in made:
        await one.close()
