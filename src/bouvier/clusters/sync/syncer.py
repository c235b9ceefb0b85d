"""The loop of one logical cluster with a driver: look, bring both sides together, wait for news.

Every round starts from what is, so a round that was cut short by a kill, a lost race or a lost connection is simply
made up for by the next. News of our objects and of the orchestrator end a wait at once; while something is on its way
the orchestrator is asked repeatedly, because not everything is announced.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable

import structlog

from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.clusters.driver import LOSS_REPORT, Driver, Observed
from bouvier.clusters.sync.foreign import ForeignSync
from bouvier.clusters.sync.hosts import HostSync
from bouvier.clusters.sync.instances import InstanceSync
from bouvier.clusters.sync.podlevel import CAPABILITY, PodSync
from bouvier.clusters.sync.tunnels import HostTunnels
from bouvier.clusters.sync.view import View
from bouvier.clusters.sync.workloads import WorkloadSync
from bouvier.clusters.sync.writes import Writer
from bouvier.engine.errors import EngineError
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import SERVICES

QUICK_SECONDS = 0.05
"""Between looks in the first moments of something being on its way: then it is about to come."""
QUICK_FOR_SECONDS = 5.0
BUSY_SECONDS = 0.2
"""Between looks after that."""
BUSY_FOR_SECONDS = 30.0
"""After this long on its way, something is stuck: looks grow rarer."""
STUCK_SECONDS = 1.0
QUIET_SECONDS = 2.0
"""Between looks when nothing happens: changes on other hosts are not announced to a manager."""
GAP_SECONDS = 0.01
"""Least time between rounds, so that the events of one change make one round."""
PATIENCE_SECONDS = 5.0
"""An orchestrator that takes longer to say what there is counts as away."""
ACTING_SECONDS = 60.0
"""A round that takes longer is given up: the next one begins with what is there then."""
AWAY_SECONDS = 2.0
"""Between tries to reach an orchestrator that does not answer."""

log = structlog.get_logger(__name__)
Report = Callable[[Observed | None, str], Awaitable[None]]


class Syncer:
    """Keeps one logical cluster and its orchestrator alike."""

    def __init__(
        self, client: Client, driver: Driver, view: View, report: Report, recorder: Recorder, *, strict: bool
    ) -> None:
        writer = Writer(client)
        self._driver = driver
        self._view = view
        self._writer = writer
        self._report = report
        self._hosts = HostSync(driver, view, writer)
        self._foreign = ForeignSync(driver, view, writer)
        self._workloads = WorkloadSync(driver, view, writer, recorder, strict=strict)
        self._instances = InstanceSync(driver, view, writer)
        with_pods = CAPABILITY in driver.capabilities
        self._pods = PodSync(driver, view, writer, strict=strict) if with_pods else None
        self._tunnels = HostTunnels(client, driver)
        self._busy_since = 0.0

    async def run(self) -> None:
        """Work until cancelled. The informers of the view are run by the caller."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="native news")
            tasks.create_task(self._tunnels.run(), name="tunnels")
            tasks.create_task(self._work(), name="sync")

    async def _work(self) -> None:
        while True:
            self._view.woken.clear()
            pause = await self._round()
            await asyncio.sleep(GAP_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._view.woken.wait(), pause)

    async def _round(self) -> float:
        """Look and act once; return how long to wait at most before the next look."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                observed = await self._driver.observe()
        except TimeoutError:
            await self._report_safely(None, f"no answer within {PATIENCE_SECONDS:.0f} s")
            return AWAY_SECONDS
        except (ConnectionError, EngineError) as error:
            await self._report_safely(None, str(error))
            return AWAY_SECONDS
        try:
            async with asyncio.timeout(ACTING_SECONDS):
                await self._act(observed)
        except (TimeoutError, ConnectionError, EngineError, ApiError) as error:
            log.warning("cluster not in step yet", error=str(error))
            await self._report_safely(observed, "")
            return STUCK_SECONDS
        await self._report_safely(observed, "")
        return self._pause(observed)

    async def _act(self, observed: Observed) -> None:
        hosts = {host.id: host for host in observed.hosts}
        await self._hosts.sync(observed.hosts)
        await self._foreign.sync(observed.workloads)
        owned, wanted = await self._workloads.sync(observed)
        await self._instances.sync(owned, hosts)
        pods, of_pods = await self._pods.sync(observed) if self._pods else ({}, {})
        services = self._view.items(SERVICES)
        workloads = [*self._view.workloads(), *(self._pods.workloads(observed.hosts) if self._pods else ())]
        await self._driver.tidy(services, workloads, wanted | of_pods)
        for service in services:
            losses = self._driver.service_losses(service)
            await self._writer.annotate(SERVICES, service, {LOSS_REPORT: json.dumps(losses) if losses else None})
        self._tunnels.serve(observed, owned, pods)

    async def _report_safely(self, observed: Observed | None, error: str) -> None:
        try:
            await self._report(observed, error)
        except (ApiError, ConnectionError) as failure:
            log.debug("cluster status not written", error=str(failure))

    def _pause(self, observed: Observed) -> float:
        if observed.settled:
            self._busy_since = 0.0
            return QUIET_SECONDS
        now = time.monotonic()
        self._busy_since = self._busy_since or now
        for seconds, pause in ((QUICK_FOR_SECONDS, QUICK_SECONDS), (BUSY_FOR_SECONDS, BUSY_SECONDS)):
            if now - self._busy_since < seconds:
                return pause
        return STUCK_SECONDS

    async def _listen(self) -> None:
        while True:
            try:
                await self._driver.news()
            except (ConnectionError, EngineError):
                await asyncio.sleep(AWAY_SECONDS)
            self._view.woken.set()
