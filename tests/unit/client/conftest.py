from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from tests.support.small_api import SmallApi


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[SmallApi]:
    server = SmallApi()
    await server.start(tmp_path / "api.sock")
    yield server
    await server.stop()


@pytest.fixture
async def client(api: SmallApi, tmp_path: Path) -> AsyncIterator[Client]:
    client = Client.connect(Endpoint(unix_socket=str(tmp_path / "api.sock")))
    yield client
    await client.close()
