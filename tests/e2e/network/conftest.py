"""Every test here gets a network namespace of its own as its host."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bouvier.network import namespaces
from tests.e2e.network.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A fresh host; the bridge stands and the service rules are loaded."""
    if os.geteuid() != 0:
        pytest.skip("needs root: makes network namespaces")
    with namespaces.opened() as home:
        namespaces.create()
        try:
            made = World(tmp_path)
            await made.links.prepare()
            made.start(made.proxy)
            yield made
            await made.stop()
        finally:
            namespaces.enter(home)
