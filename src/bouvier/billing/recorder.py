"""The recorder: writes each window into the ledger as soon as it has ended.

After a pause (a restart, a kill) the windows that were missed are written from what is known: pods that ran
all the time count with what they reserve; pods that came and went meanwhile are not known any more. Bytes through the
balancer are counters that went on, so they are in the newest window. Nothing is written twice: the ledger knows its windows.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import structlog

from bouvier.billing.ledger import Ledger, Window
from bouvier.billing.sampling import (
    WINDOW_SECONDS,
    Gone,
    Measured,
    Traffic,
    host_rows,
    pod_rows,
    traffic_rows,
    volume_rows,
    window_before,
)
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime import caches
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, labels_of, name_of, namespace_of
from bouvier.meta.quantities import millis, whole
from bouvier.meta.resources import NODES, PERSISTENTVOLUMECLAIMS, PODS, SERVICES, TRAFFICREPORTS

METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
CATCH_UP_WINDOWS = 2880
"""A day: a platform that was down for longer ran no accounted work."""
CLUSTER = "local"

log = structlog.get_logger(__name__)


class UsageRecorder:
    """Keeps the ledger up to date."""

    name = "usage-recorder"
    workers = 1
    reads = (PODS, NODES, SERVICES, TRAFFICREPORTS, PERSISTENTVOLUMECLAIMS, METRICS)
    writes = ()

    def __init__(self, client: Client, path: Path) -> None:
        self._client = client
        self._path = path
        self._gone: list[Gone] = []
        """Pods that were removed since the newest window that is written."""

    def register(self, informers: InformerSet, _queue: WorkQueue) -> None:
        """Read pods, hosts, Services and counters from the shared caches; note pods that go."""
        self._pods = caches.pods(informers)
        self._nodes = informers.informer(NODES)
        self._services = informers.informer(SERVICES)
        self._traffic = informers.informer(TRAFFICREPORTS)

        def changed(event_type: str, _old: Obj | None, new: Obj) -> None:
            if event_type == "DELETED":
                self._gone.append(Gone(new, time.time()))

        self._pods.add_handler(changed)

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
        measured, claims = await self._measure(), await self._claims()
        gone = list(self._gone)
        for start in range(oldest, newest + 1, WINDOW_SECONDS):
            is_newest = start == newest
            carried = self._carried(ledger) if is_newest else Traffic([], {})
            window = Window(
                start,
                WINDOW_SECONDS,
                pod_rows(CLUSTER, self._pods.items(), measured if is_newest else {}, start, gone),
                host_rows(CLUSTER, self._nodes.items()),
                volume_rows(CLUSTER, claims, start),
                *carried,
            )
            await asyncio.to_thread(ledger.record, window)
        self._gone = [each for each in self._gone if each.at >= newest + WINDOW_SECONDS]

    def _carried(self, ledger: Ledger) -> Traffic:
        return traffic_rows(CLUSTER, self._traffic.items(), ledger.counters(), self._labels_of_service)

    def _labels_of_service(self, namespace: str, name: str) -> dict[str, str]:
        """Return a Service's labels, completed by those of the pods that it selects."""
        service = self._services.get(f"{namespace}/{name}")
        return {} if service is None else (service["spec"].get("selector") or {}) | labels_of(service)

    async def _claims(self) -> list[Obj]:
        try:
            return (await self._client.list_all(PERSISTENTVOLUMECLAIMS)).items
        except (ApiError, ConnectionError) as error:
            if getattr(error, "reason", "") != "NotFound":  # a platform without volumes serves none
                log.info("claims cannot be counted now", error=str(error))
            return []

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
