"""Runs controllers: a queue and some workers each, fed by shared informers.

Work begins when the caches hold the first list; whatever was missed while no manager ran is found in it. A failing key
is retried with growing delays and hinders no other. With an elector only the leading process works. Stopping (by
cancellation) lets reconciliations end at their next request; the next start converges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

import structlog

from bouvier.client.informer import InformerSet
from bouvier.client.lease import Elector
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.controller import Background, Controller
from bouvier.controllers.runtime.errors import Permanent, Temporary
from bouvier.meta.errors import ApiError

UNREACHABLE_SECONDS = 0.5
"""Delay after a broken connection: not growing, since it is nobody's fault but the server's, which comes back at once."""
QUIET_REASONS = frozenset({"Conflict", "AlreadyExists", "NotFound"})
"""Refusals that mean that the cache lagged: the informer delivers the change, nobody needs to read about it."""
LOUD_AFTER = 5
"""Consecutive quiet failures of a key after which it is worth a warning all the same."""

SHORT_SECONDS = 0.02
REST_FACTOR = 3
MOST_REST_SECONDS = 0.5
"""An owner of a thousand pods costs some 10 ms to look over, and each of its pods changes several times while they start:
its key then rests three times as long as it took, so that changes gather. Small owners, and the first change after a
pause, are never delayed."""

log = structlog.get_logger(__name__)


class Manager:
    """The controllers of one process."""

    def __init__(
        self, informers: InformerSet, controllers: Sequence[Controller], *, elector: Elector | None = None
    ) -> None:
        self._informers = informers
        self._elector = elector
        self._queues = {controller.name: WorkQueue() for controller in controllers}
        self._controllers = controllers
        for controller in controllers:
            controller.register(informers, self._queues[controller.name])

    async def run(self) -> None:
        """Work until cancelled, or while elected if there is an elector. The informers are run by the caller."""
        if self._elector is None:
            await self._work()
        else:
            await self._elector.run(self._work)

    async def _work(self) -> None:
        await self._informers.wait_synced()
        log.info("controllers started", controllers=[controller.name for controller in self._controllers])
        async with asyncio.TaskGroup() as tasks:
            for controller in self._controllers:
                for number in range(controller.workers):
                    tasks.create_task(self._worker(controller), name=f"{controller.name} {number}")
                if isinstance(controller, Background):
                    tasks.create_task(controller.run(), name=f"{controller.name} background")

    async def _worker(self, controller: Controller) -> None:
        queue = self._queues[controller.name]
        while True:
            key = await queue.get()
            began = perf_counter()
            try:
                await self._reconcile(controller, queue, key)
            finally:
                queue.done(key, rest_seconds=rest_after(perf_counter() - began))

    async def _reconcile(self, controller: Controller, queue: WorkQueue, key: str) -> None:
        say = log.bind(controller=controller.name, key=key)
        try:
            again = await controller.reconcile(key)
        except Permanent as error:
            say.error("given up until something changes", error=str(error))
            queue.forget(key)
        except ConnectionError as error:
            say.debug("API server unreachable", error=str(error))
            queue.add_after(key, UNREACHABLE_SECONDS)
        except (ApiError, Temporary) as error:
            loud = getattr(error, "reason", "") not in QUIET_REASONS or queue.failures(key) >= LOUD_AFTER
            (say.warning if loud else say.debug)("to be tried again", error=str(error))
            queue.add_rate_limited(key)
        except Exception:
            say.exception("defect in a controller; to be tried again")
            queue.add_rate_limited(key)
        else:
            queue.forget(key)
            if again is not None:
                queue.add_after(key, again.after_seconds)


def rest_after(took_seconds: float) -> float:
    """Return how long a key rests after a reconciliation of that length."""
    return min(REST_FACTOR * took_seconds, MOST_REST_SECONDS) if took_seconds > SHORT_SECONDS else 0.0
