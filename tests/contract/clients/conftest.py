"""An API server for the clients that others have written."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.apiserver import RunningApi, running_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[RunningApi]:
    """Run a server with an administrator's kubeconfig."""
    async with running_api(tmp_path) as running:
        yield running
