"""Running every logical cluster that has a Cluster object, each by itself: one that fails or is away hinders no other.

Which actors a cluster gets follows from its driver. Where another orchestrator executes, the driver stands in for the
workload controllers, the scheduler and the host agents; namespaces and garbage are looked after by the same controllers
everywhere. A proxied cluster needs none: it is a whole Kubernetes of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from bouvier.client.events import Recorder
from bouvier.client.informer import EventType, InformerSet
from bouvier.client.rest import Client
from bouvier.clusters import inventory
from bouvier.clusters.driver import Driver, Group, Observed
from bouvier.clusters.kubernetes import health
from bouvier.clusters.sync import podlevel
from bouvier.clusters.sync.levels import PodLevelDeployments, PodLevelReplicaSets
from bouvier.clusters.sync.pods import is_same_status
from bouvier.clusters.sync.syncer import Syncer
from bouvier.clusters.sync.view import RESOURCES, View
from bouvier.controllers.cronjobs.controller import CronJobController
from bouvier.controllers.garbage.collector import GarbageCollector
from bouvier.controllers.garbage.namespace_defaults import NamespaceDefaultsController
from bouvier.controllers.garbage.namespaces import NamespaceController
from bouvier.controllers.jobs.controller import JobController
from bouvier.controllers.jobs.orphans import JobOrphanController
from bouvier.controllers.jobs.ttl import JobTtlController
from bouvier.controllers.runtime.controller import Controller
from bouvier.controllers.runtime.manager import Manager
from bouvier.controllers.statefulsets.controller import StatefulSetController
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, name_of, uid_of
from bouvier.meta.resources import CLUSTERS, NAMESPACES, NODES
from bouvier.scheduler.daemon import Scheduler

LOCAL = "local"
RETRY_SECONDS = 2.0
"""After a cluster's actors failed altogether."""
INVENTORY_SECONDS = 1.0

log = structlog.get_logger(__name__)
RunNative = Callable[[Obj, Client], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """What the runner must be told."""

    ca_pem: str
    run_native: RunNative
    """Runs controllers and scheduler of a native cluster other than `local`, until cancelled."""


class ClusterRunner:
    """All logical clusters of one platform."""

    def __init__(self, connect: Callable[[str], Client], options: RunnerOptions) -> None:
        self._connect = connect
        self._options = options
        self._home = connect(LOCAL)
        self._running: dict[str, tuple[bytes, asyncio.Task[None]]] = {}
        self._informers = InformerSet(self._home)
        self._clusters = self._informers.informer(CLUSTERS)
        self._nodes = self._informers.informer(NODES)
        self._changed = asyncio.Event()
        self._clusters.add_handler(self._observe)

    def _observe(self, _type: EventType, _old: Obj | None, _new: Obj) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._informers.run(), name="cluster informers")
                tasks.create_task(self._follow(), name="clusters")
                tasks.create_task(self._take_stock(), name="local inventory")
        finally:
            for _, task in self._running.values():
                task.cancel()
            await self._home.close()

    async def _follow(self) -> None:
        await self._clusters.synced.wait()
        while True:
            self._changed.clear()
            wanted = {name_of(c): c for c in self._clusters.items() if name_of(c) != LOCAL and not is_deleting(c)}
            for name in [n for n, (mark, _) in self._running.items() if n not in wanted or mark != _mark(wanted[n])]:
                task = self._running.pop(name)[1]
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            for name, cluster in wanted.items():
                if name not in self._running:
                    task = asyncio.get_running_loop().create_task(self._keep(cluster), name=f"cluster {name}")
                    self._running[name] = (_mark(cluster), task)
            await self._changed.wait()

    async def _keep(self, cluster: Obj) -> None:
        """Run a cluster, again after any failure."""
        while True:
            try:
                await self._run_cluster(cluster)
            except Exception as error:
                log.exception("cluster failed", cluster=name_of(cluster))
                with contextlib.suppress(ApiError, ConnectionError):
                    await self._write(cluster, "", None, f"its actors failed: {error}", ())
            await asyncio.sleep(RETRY_SECONDS)

    async def _run_cluster(self, cluster: Obj) -> None:
        kind = cluster["spec"]["driver"]
        if kind == "kubernetes":
            await health.watch_health(self._home, cluster, self._reporter(cluster, health.CAPABILITIES))
            return
        client = self._connect(name_of(cluster))
        try:
            await _until_served(client)
            if kind == "native":
                await self._run_native(cluster, client)
            else:
                await self._run_driver(cluster, client)
        finally:
            await client.close()

    async def _run_native(self, cluster: Obj, client: Client) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_as_coroutine(self._options.run_native(cluster, client)))
            tasks.create_task(self._take_stock_of(cluster, client))

    async def _take_stock_of(self, cluster: Obj, client: Client) -> None:
        while True:
            with contextlib.suppress(ApiError, ConnectionError):
                nodes = (await client.list_all(NODES)).items
                await self._write(cluster, "", inventory.of_nodes(nodes), "", ("everything",))
            await asyncio.sleep(INVENTORY_SECONDS)

    async def _run_driver(self, cluster: Obj, client: Client) -> None:
        driver = make_driver(cluster)
        informers = InformerSet(client)
        view = View(informers, with_daemon_sets=await _serves(client, "daemonsets"))
        recorder = Recorder(client, "bouvier-clusters")
        controllers: list[Controller] = [
            *(_deciding_on_pods(client, recorder) if podlevel.CAPABILITY in driver.capabilities else ()),
            NamespaceController(client),
            NamespaceDefaultsController(client, self._options.ca_pem),
            GarbageCollector(client, RESOURCES),
        ]
        manager = Manager(informers, controllers)

        async def report(observed: Observed | None, error: str) -> None:
            hosts = None if observed is None else inventory.of_hosts(observed.hosts)
            version = "" if observed is None else observed.version
            groups = () if observed is None else observed.groups
            await self._write(cluster, version, hosts, error, driver.capabilities, groups=groups)

        strict = bool(cluster["spec"].get("strict"))
        scheduler = Scheduler(client, informers) if podlevel.CAPABILITY in driver.capabilities else None
        syncer = Syncer(client, driver, view, report, recorder, strict=strict)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(informers.run())
                tasks.create_task(manager.run())
                await informers.wait_synced()
                tasks.create_task(syncer.run())
                if scheduler is not None:
                    tasks.create_task(scheduler.run())
        finally:
            await driver.close()

    def _reporter(self, cluster: Obj, capabilities: tuple[str, ...]) -> health.Report:
        async def report(version: str, hosts: list[dict[str, Any]] | None, error: str) -> None:
            with contextlib.suppress(ApiError, ConnectionError):
                await self._write(cluster, version, hosts, error, capabilities)

        return report

    async def _take_stock(self) -> None:
        """Keep the inventory of `local`."""
        await self._nodes.synced.wait()
        await self._clusters.synced.wait()
        while True:
            cluster = self._clusters.get(LOCAL)
            if cluster is not None:
                with contextlib.suppress(ApiError, ConnectionError):
                    hosts = inventory.of_nodes(self._nodes.items())
                    await self._write(cluster, "", hosts, "", ("everything",))
            await asyncio.sleep(INVENTORY_SECONDS)

    async def _write(
        self,
        cluster: Obj,
        version: str,
        hosts: list[dict[str, Any]] | None,
        error: str,
        capabilities: tuple[str, ...],
        *,
        groups: Sequence[Group] = (),
    ) -> None:
        """Write what is known of a cluster, if it is news."""
        present = self._clusters.get(name_of(cluster))
        if present is None or uid_of(present) != uid_of(cluster):
            return
        status = inventory.status(
            present, version, hosts, error=error, capabilities=capabilities, now=datetime.now(UTC), groups=groups
        )
        if not is_same_status(present.get("status") or {}, status):
            await self._home.update(CLUSTERS, {**present, "status": status}, subresource="status")


def _deciding_on_pods(client: Client, recorder: Recorder) -> list[Controller]:
    """Return the controllers whose pods are brought out one by one."""
    return [
        PodLevelDeployments(client, recorder),
        PodLevelReplicaSets(client, recorder),
        JobController(client, recorder),
        JobOrphanController(client),
        JobTtlController(client),
        CronJobController(client, recorder),
        StatefulSetController(client, recorder),
    ]


def make_driver(cluster: Obj) -> Driver:
    """Return the driver that a Cluster object asks for."""
    if cluster["spec"]["driver"] == "mesos":
        from bouvier.clusters.mesos.drivers import make_mesos_driver  # noqa: PLC0415 - see below

        return make_mesos_driver(cluster)
    # Drivers are loaded with the first cluster that needs them: most platforms have none, and a start should be short.
    from bouvier.clusters.swarm.driver import SwarmDriver  # noqa: PLC0415

    part = cluster["spec"]["swarm"]
    return SwarmDriver(part["engine"], uid_of(cluster), forwarder_image=part.get("forwarderImage", ""))


def _mark(cluster: Obj) -> bytes:
    return uid_of(cluster).encode() + orjson.dumps(cluster["spec"], option=orjson.OPT_SORT_KEYS)


async def _until_served(client: Client) -> None:
    """Wait until the API server has prepared a new cluster."""
    while True:
        try:
            await client.get(NAMESPACES, "default")
        except (ApiError, ConnectionError):
            await asyncio.sleep(0.1)
        else:
            return


async def _serves(client: Client, plural: str) -> bool:
    document = await client.request("GET", "/apis/apps/v1")
    return any(entry["name"] == plural for entry in document.get("resources") or ())


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work
