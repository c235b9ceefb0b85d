"""The node process: engine, agent and network of one host, wired together.

Everything that containers need goes on when this process ends; the next one finds it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from ipaddress import IPv4Network
from urllib.parse import urlsplit

import uvloop

from bouvier.client.certificates import DeniedError
from bouvier.client.endpoint import Endpoint
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.daemons.builder import builder_of
from bouvier.daemons.images import RecipeMaker
from bouvier.daemons.joining import Credentials, renew
from bouvier.daemons.logs import set_up_logs
from bouvier.daemons.overlay import overlay_of
from bouvier.daemons.pulling import PlatformPulls, forward_registry
from bouvier.daemons.readiness import announce_ready
from bouvier.daemons.registry import registry_address, registry_port
from bouvier.daemons.settings import Settings
from bouvier.daemons.signals import until_stopped
from bouvier.daemons.traffic import publish_traffic
from bouvier.engine.docker.engine import DockerEngine
from bouvier.meta.errors import ApiError
from bouvier.network.host import HostNetwork, NetworkSettings
from bouvier.network.overlay.overlay import OVERHEAD
from bouvier.node.agent import Agent
from bouvier.node.ports import PodAddresses, PodRef, ResolverSettings
from bouvier.node.settings import NodeSettings

RENEW_LOOK_SECONDS = 3600.0

_log = logging.getLogger(__name__)


def main(settings: Settings) -> int:
    """Run this host until told to stop."""
    set_up_logs()
    uvloop.run(until_stopped(_run(settings)))
    return 0


class PodPort:
    """The network as the agent asks for it: the two rooms do not know each other's types."""

    def __init__(self, network: HostNetwork) -> None:
        self._network = network

    async def attach(self, pod: PodRef, sandbox_pid: int) -> PodAddresses:
        """Put an interface with an address into the network namespace of that process."""
        return PodAddresses((await self._network.attach(pod, sandbox_pid)).ips)

    async def detach(self, pod: PodRef) -> None:
        """Free the pod's interface and address."""
        await self._network.detach(pod)

    def resolver(self, pod: PodRef) -> ResolverSettings:
        """Return the settings of a pod whose `dnsPolicy` is `ClusterFirst`."""
        found = self._network.resolver(pod)
        return ResolverSettings(found.servers, found.searches, found.options)

    async def observe(self) -> dict[str, PodAddresses]:
        """Return the addresses of all attached pods by pod uid."""
        return {uid: PodAddresses(held.ips) for uid, held in (await self._network.observe()).items()}


async def _run(settings: Settings) -> None:
    client = Client.connect(_endpoint(settings), user_agent="bouvier-node")
    engine = DockerEngine(str(settings.engine_socket))
    informers = InformerSet(client)
    network = HostNetwork(_network_settings(settings), informers, overlay_of(settings, client, informers), client)
    maker = RecipeMaker(settings.engine_socket)
    async with contextlib.AsyncExitStack() as stack:
        builder, orders = None, {}
        if not settings.is_agent:
            builder_client, builder, build_orders = builder_of(settings, engine, maker)
            stack.push_async_callback(builder_client.close)
            orders = {"buildlog": build_orders.log, "buildsource": build_orders.source}
        pulls = PlatformPulls(client, _endpoint(settings), registry_address(settings))
        agent = Agent(
            client,
            engine,
            PodPort(network),
            _node_settings(settings),
            informers,
            orders=orders,
            platform_auth=pulls.auth_for,
            maker=maker,
        )
        stack.push_async_callback(client.close)
        stack.push_async_callback(engine.close)
        stack.callback(network.close)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(informers.run(), name="informers")
            tasks.create_task(network.run(), name="network")
            tasks.create_task(publish_traffic(client, network, settings.node_name), name="traffic")
            tasks.create_task(agent.run(), name="agent")
            if builder is not None:
                tasks.create_task(builder.run(), name="builder")
            if settings.is_agent:
                server = urlsplit(settings.platform.server).hostname or ""
                tasks.create_task(forward_registry(registry_port(settings), server), name="registry")
                tasks.create_task(_renew_for_ever(settings, client), name="certificate")
            await agent.registered.wait()
            announce_ready()


def _endpoint(settings: Settings) -> Endpoint:
    """Return the API of this host's own server, or of the one that it has joined."""
    if settings.is_agent:
        return Credentials(settings.pki_dir).endpoint(settings.platform.server)
    token = (settings.pki_dir / "tokens" / "node.token").read_text().strip()
    return Endpoint(unix_socket=str(settings.apiserver_socket), token=token)


async def _renew_for_ever(settings: Settings, client: Client) -> None:
    """Renew the host's certificate in time; the process then starts again with it."""
    credentials = Credentials(settings.pki_dir)
    while True:
        try:
            if await renew(credentials, client, settings.node_name):
                _log.info("the host's certificate was renewed; starting again with it")
                os.kill(os.getpid(), signal.SIGTERM)
        except (ApiError, ConnectionError, TimeoutError, DeniedError) as error:
            _log.warning("cannot renew the host's certificate: %s", error)
        await asyncio.sleep(RENEW_LOOK_SECONDS)


def _network_settings(settings: Settings) -> NetworkSettings:
    return NetworkSettings(
        platform_id=settings.platform_id,
        node_name=settings.node_name,
        folder=settings.data_dir / "network",
        platform=IPv4Network(settings.platform.pod_cidr),
        services=IPv4Network(settings.platform.service_cidr),
        domain=settings.cluster_domain,
        overhead=OVERHEAD[settings.platform.overlay],
        http_port=settings.platform.http_port,
        https_port=settings.platform.https_port,
    )


def _node_settings(settings: Settings) -> NodeSettings:
    return NodeSettings(
        node_name=settings.node_name,
        data_dir=settings.data_dir,
        platform=settings.platform_id,
        addresses=(("InternalIP", settings.host_address), ("Hostname", settings.node_name)),
        cgroup_parent=settings.cgroup_parent,
        cluster_domain=settings.cluster_domain,
    )
