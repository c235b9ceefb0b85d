"""The node agent: makes the engine of one host run the pods bound to it.

The agent holds no state of its own. It may be killed at any moment; the next one finds everything in the API, in the
engine's labels and in the network's own records, and no container notices.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

import aiohttp

from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.engine.errors import EngineError
from bouvier.engine.protocol import Engine
from bouvier.engine.states import EngineInfo
from bouvier.meta.resources import PODS, SERVICES
from bouvier.node.host.facts import disk_bytes, machine_ids
from bouvier.node.host.heartbeat import Heartbeat
from bouvier.node.host.status import HostView, allocatable
from bouvier.node.images.store import ImageStore
from bouvier.node.pods.manager import PodManager
from bouvier.node.pods.observe import EngineView
from bouvier.node.pods.render import HostFacts
from bouvier.node.pods.status import Host
from bouvier.node.ports import ImageMaker, PodNetwork
from bouvier.node.references import References
from bouvier.node.settings import NodeSettings
from bouvier.node.shared import PlatformAuth, Shared
from bouvier.node.storage.actor import HostStorage
from bouvier.node.storage.drivers import Drivers
from bouvier.node.storage.shared import StorageShared
from bouvier.node.tunnel.tunnel import OrderHandler, Tunnel

STARTS_AT_ONCE = 8
"""Engines start no more containers a second beyond this, each only takes longer (measured on two cores)."""
_RETRY_SECONDS = 0.5
_FIRST_LOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Agent:
    """The agent of one host."""

    def __init__(
        self,
        client: Client,
        engine: Engine,
        network: PodNetwork,
        settings: NodeSettings,
        informers: InformerSet | None = None,
        *,
        orders: Mapping[str, OrderHandler] | None = None,
        platform_auth: PlatformAuth | None = None,
        maker: ImageMaker | None = None,
    ) -> None:
        self._client = client
        self._engine = engine
        self._network = network
        self._settings = settings
        self._informers = informers
        self._orders = dict(orders or {})
        self._platform_auth = platform_auth
        self._maker = maker
        self.registered = asyncio.Event()
        """Set once the Node is in the API."""

    async def run(self) -> None:
        """Run until cancelled; pods go on running without the agent."""
        settings = self._settings
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        info = await self._engine_info()
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(connector=connector) as http, asyncio.TaskGroup() as tasks:
            informers = self._informers or InformerSet(self._client)
            if self._informers is None:
                tasks.create_task(informers.run(), name="informers")
            shared = self._share(info, http, informers)
            try:
                self._start(shared, info, informers, tasks)
                await asyncio.Event().wait()
            finally:
                shared.references.close()

    def _start(self, shared: Shared, info: EngineInfo, informers: InformerSet, tasks: asyncio.TaskGroup) -> None:
        selector = f"spec.nodeName={self._settings.node_name}"
        pods = PodManager(shared, informers.informer(PODS, field_selector=selector))
        heartbeat = Heartbeat(self._client, self._settings, self._looker(shared, info))
        shared.view.on_images = shared.images.changed
        shared.view.on_health = heartbeat.changed
        shared.images.changed()
        tunnel = Tunnel(shared, pods, self._orders)
        storage = StorageShared.of(self._settings.node_name, self._client, shared.recorder, shared.drivers, informers)
        for name, work in (
            ("engine view", shared.view.run()),
            ("images", shared.images.run()),
            ("heartbeat", _beat_when_known(shared, heartbeat)),
            ("pods", pods.run()),
            ("storage", HostStorage(storage, informers).run()),
            ("tunnel", tunnel.run()),
            ("registration", self._note_registration(heartbeat)),
        ):
            tasks.create_task(work, name=name)

    async def _note_registration(self, heartbeat: Heartbeat) -> None:
        await heartbeat.registered.wait()
        self.registered.set()

    def _looker(self, shared: Shared, info: EngineInfo) -> Callable[[], HostView]:
        ids, size = machine_ids(), disk_bytes(self._settings.data_dir)
        return lambda: HostView(info, ids, size, tuple(shared.images.all()), shared.view.problem)

    def _share(self, info: EngineInfo, http: aiohttp.ClientSession, informers: InformerSet) -> Shared:
        settings = self._settings
        view = HostView(info, machine_ids(), disk_bytes(settings.data_dir))
        return Shared(
            settings=settings,
            client=self._client,
            engine=self._engine,
            network=self._network,
            recorder=Recorder(self._client, "kubelet", host=settings.node_name),
            view=EngineView(self._engine, settings.platform),
            images=ImageStore(self._engine, self._maker),
            references=References(self._client),
            drivers=Drivers(self._engine, settings.platform, settings.node_name, settings.data_dir / "volumes"),
            services=informers.informer(SERVICES),
            http=http,
            facts=HostFacts(
                settings.platform,
                settings.pause_image,
                settings.cgroup_parent,
                info.cgroup_driver,
                info.memory_bytes,
                settings.cluster_domain,
            ),
            host=Host(settings.host_ip, info.name),
            allocatable=allocatable(settings, view),
            starting=asyncio.Semaphore(STARTS_AT_ONCE),
            platform_auth=self._platform_auth,
        )

    async def _engine_info(self) -> EngineInfo:
        """Wait for the engine to answer."""
        told = False
        while True:
            try:
                return await self._engine.info()
            except EngineError as error:
                if not told:
                    _log.warning("waiting for the container engine: %s", error)
                    told = True
                await asyncio.sleep(_RETRY_SECONDS)


async def _beat_when_known(shared: Shared, heartbeat: Heartbeat) -> None:
    """Begin to report once the engine's containers are known, so that the first report says Ready."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_LOOK_SECONDS):
            await shared.view.synced.wait()
            await shared.images.known.wait()
    await heartbeat.run()
