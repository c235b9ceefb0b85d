"""A server that is attacked: whatever is sent, it never fails inside, and answers the next one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from tests.support.apiserver import RunningApi, running_api
from tests.support.raw_api import RawApi, raw_api


@dataclass
class Target:
    """The server, a client of it, and what it logged."""

    api: RunningApi
    raw: RawApi
    logged: list = field(default_factory=list)

    async def is_sound(self) -> None:
        """Nothing was logged as an error, and the server answers."""
        assert not [line for line in self.logged if line["log_level"] in ("error", "critical")], self.logged
        assert (await self.raw("GET", "/api/v1/namespaces/default")).status == 200

    async def objects(self) -> dict[str, bytes]:
        """Return what the namespace `default` holds: elsewhere the server writes too."""
        found = await self.api.server.context.store.list("")
        return {one.key: one.value for one in found.items if "/default/" in one.key}


@pytest.fixture
async def target(tmp_path) -> AsyncIterator[Target]:
    with capture_logs() as logged:
        async with running_api(tmp_path) as api, raw_api(api) as raw:
            yield Target(api, raw, logged)
