"""What hosts and pods use right now, asked of the hosts through their tunnels.

An agent gives processor rates since the sample before, so every host is asked at least every SAMPLE_SECONDS while
anybody asks, and answers of the last seconds are shared. A host that does not answer in time is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import Any, NamedTuple

from bouvier.apiserver.tunnels import Tunnels
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

FRESH_SECONDS = 5.0
"""Answers younger than this are given again: `kubectl top` and the autoscaler see the same numbers."""
SAMPLE_SECONDS = 15.0
"""As the original's metrics server samples."""
IDLE_SECONDS = 120.0
"""Without a question for so long the sampling stops."""
ANSWER_SECONDS = 3.0


class Sample(NamedTuple):
    """What one host said."""

    at: float
    summary: Obj


class Measuring:
    """Keeps the newest answer of each host of each logical cluster."""

    def __init__(self, tunnels: Tunnels) -> None:
        self._tunnels = tunnels
        self._samples: dict[tuple[str, str], Sample] = {}
        self._asked = 0.0
        self._wake = asyncio.Event()
        self._busy = asyncio.Lock()

    async def summaries(self, cluster: str) -> dict[str, Obj]:
        """Return the newest summary of each host that can be reached."""
        self._asked = time.monotonic()
        self._wake.set()
        async with self._busy:
            await self._refresh(FRESH_SECONDS)
        oldest = time.monotonic() - 2 * SAMPLE_SECONDS
        return {node: s.summary for (place, node), s in self._samples.items() if place == cluster and s.at > oldest}

    async def run(self) -> None:
        """Sample while somebody is interested, until cancelled."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(SAMPLE_SECONDS)
            if time.monotonic() - self._asked > IDLE_SECONDS:
                self._wake.clear()
                continue
            async with self._busy:
                await self._refresh(FRESH_SECONDS)

    async def _refresh(self, max_age_seconds: float) -> None:
        now = time.monotonic()
        hosts = self._tunnels.connected()
        stale = [h for h in hosts if h not in self._samples or now - self._samples[h].at > max_age_seconds]
        self._samples = {host: sample for host, sample in self._samples.items() if host in hosts}
        await asyncio.gather(*(self._ask(host) for host in stale))

    async def _ask(self, host: tuple[str, str]) -> None:
        with contextlib.suppress(ApiError, TimeoutError, ConnectionError, ValueError):
            async with asyncio.timeout(ANSWER_SECONDS):
                connection = await self._tunnels.open(*host, {"op": "stats"})
                try:
                    message = await connection.socket.receive()
                finally:
                    connection.close()
            summary: Any = json.loads(message or "null")
            if isinstance(summary, dict):
                self._samples[host] = Sample(time.monotonic(), summary)
