"""The recorder: writes each window into the ledger as soon as it has ended.

After a pause (a restart, a kill) the windows that were missed are written from what is known: pods that ran
all the time count with what they reserve. Nothing is written twice: the ledger knows its windows.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import structlog

from bouvier.billing.ledger import Ledger
from bouvier.billing.sampling import WINDOW_SECONDS, Measured, host_rows, pod_rows, window_before
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime import caches
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import name_of, namespace_of
from bouvier.meta.quantities import millis, whole
from bouvier.meta.resources import NODES, PODS

METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
CATCH_UP_WINDOWS = 2880
"""A day: a platform that was down for longer ran no accounted work."""
CLUSTER = "local"

log = structlog.get_logger(__name__)


class UsageRecorder:
    """Keeps the ledger up to date."""

    name = "usage-recorder"
    workers = 1
    reads = (PODS, NODES, METRICS)
    writes = ()

    def __init__(self, client: Client, path: Path) -> None:
        self._client = client
        self._path = path

    def register(self, informers: InformerSet, _queue: WorkQueue) -> None:
        """Read pods and hosts from the shared caches."""
        self._pods = caches.pods(informers)
        self._nodes = informers.informer(NODES)

    async def reconcile(self, _key: str) -> None:
        """Do nothing: the clock drives this one."""

    async def run(self) -> None:
        """Write windows as they end, until cancelled."""
        ledger = await asyncio.to_thread(Ledger, self._path)
        try:
            while True:
                await self._write_ended(ledger)
                await asyncio.sleep(WINDOW_SECONDS - time.time() % WINDOW_SECONDS + 0.2)
        finally:
            ledger.close()

    async def _write_ended(self, ledger: Ledger) -> None:
        newest = window_before(time.time())
        oldest = max(ledger.last_end(), newest - CATCH_UP_WINDOWS * WINDOW_SECONDS) if ledger.last_end() else newest
        measured = await self._measure()
        for start in range(oldest, newest + 1, WINDOW_SECONDS):
            rows = pod_rows(CLUSTER, self._pods.items(), measured if start == newest else {}, start)
            await asyncio.to_thread(ledger.record, start, WINDOW_SECONDS, rows, host_rows(CLUSTER, self._nodes.items()))

    async def _measure(self) -> Measured:
        try:
            listed = await self._client.list(METRICS)
        except (ApiError, ConnectionError) as error:
            log.info("usage cannot be measured now; what pods reserve counts", error=str(error))
            return {}
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for metrics in listed.items:
            usages = [container["usage"] for container in metrics.get("containers") or ()]
            key = (namespace_of(metrics), name_of(metrics))
            found[key] = (sum(millis(u["cpu"]) for u in usages), sum(whole(u["memory"]) for u in usages))
        return found
