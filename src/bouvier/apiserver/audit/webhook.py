"""The audit webhook: batches of events posted as an EventList, repeated with growing pauses.

Upstream's defaults: 400 events or 30 s make a batch, 10,000 may wait, and a batch is tried five times. What does not fit, or
was refused five times, is dropped and counted.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from bouvier.apiserver.audit.batching import Batcher
from bouvier.apiserver.audit.webhook_config import WebhookTarget

if TYPE_CHECKING:
    import aiohttp

BATCH_EVENTS = 400
WAIT_SECONDS = 30.0
WAITING_BYTES = 16 * 1024 * 1024
"""Upstream lets 10,000 events wait; with 1.6 kB each this is as much."""
TRIES, FIRST_PAUSE_SECONDS, GROWTH, JITTER = 5, 10.0, 1.5, 0.2
ANSWER_SECONDS = 30.0
CLOSE_SECONDS = 3.0


class AuditWebhook:
    """Posts events to one address."""

    def __init__(
        self, target: WebhookTarget, *, wait_seconds: float = WAIT_SECONDS, first_pause: float = FIRST_PAUSE_SECONDS
    ) -> None:
        self._target = target
        self._first_pause = first_pause
        self._session: aiohttp.ClientSession | None = None
        self.batcher = Batcher(
            self._send,
            name="webhook",
            wait_seconds=wait_seconds,
            batch_lines=BATCH_EVENTS,
            waiting_bytes=WAITING_BYTES,
        )
        self.put = self.batcher.put

    async def _send(self, lines: list[bytes]) -> None:
        body = b'{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[%b]}' % b",".join(lines)
        pause = self._first_pause
        for attempt in range(TRIES):
            status = await self._post(body)
            if status and status < 400:
                return
            if status and status not in (408, 429) and status < 500:
                raise OSError(f"{self._target.url} answered {status}")
            if attempt < TRIES - 1:
                await asyncio.sleep(pause * (1 + random.random() * JITTER))  # noqa: S311
                pause *= GROWTH
        raise OSError(f"{self._target.url} did not take a batch in {TRIES} tries; its last answer was {status}")

    async def _post(self, body: bytes) -> int:
        """Return the status of the answer, 0 when there was none."""
        import aiohttp  # noqa: PLC0415 - most platforms have no webhook

        target = self._target
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))
        headers = {"Content-Type": "application/json", **target.headers}
        try:
            async with self._session.post(
                target.url,
                data=body,
                headers=headers,
                ssl=target.trust,
                server_hostname=target.server_name or None,
                allow_redirects=False,
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0

    async def close(self) -> None:
        """Send what waits, if the other side takes it at once."""
        await self.batcher.close(CLOSE_SECONDS)
        if self._session is not None:
            await self._session.close()
