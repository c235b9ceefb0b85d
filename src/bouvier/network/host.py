"""The network of one host: everything that the node daemon wires, as one object.

    network = HostNetwork(settings, informers)
    await network.run()

Its parts run side by side and fail apart: interfaces of pods, service rules, name server, balancer, metadata.
A part that fails is started again; the others do not notice. When this process ends, however it ends, interfaces,
rules and HAProxy stay and serve on; only names are not answered until it is back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pwd
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from bouvier.meta.resources import NODES
from bouvier.network.addresses import leases, resolver, sysctls
from bouvier.network.addresses.leases import gateway_of
from bouvier.network.addresses.links import Links, LinkSettings
from bouvier.network.addresses.ranges import CANDIDATES
from bouvier.network.addresses.types import Pod, PodAddresses, ResolverSettings
from bouvier.network.balancer.balancer import Balancer, BalancerSettings, BalancerStatus
from bouvier.network.dns.resolv import HostResolver
from bouvier.network.dns.server import DnsServer, DnsSettings
from bouvier.network.informers import Informers
from bouvier.network.metadata.server import MetadataServer, MetadataSettings, Reads
from bouvier.network.nftables import Nftables
from bouvier.network.overlay.overlay import Overlay
from bouvier.network.policies.enforcer import PolicyEnforcer, PolicySettings
from bouvier.network.policies.render import Table
from bouvier.network.service_ranges import ServiceRanges
from bouvier.network.service_watch import ServiceWatch
from bouvier.network.services.proxy import ServiceProxy, ServiceSettings
from bouvier.network.services.render import TableSettings

DNS_OFFSET = 10
"""The name server's place in the services' range: .10, where Kubernetes installers put `kube-dns`."""
READY_SECONDS = 10.0
"""How long attaching a pod waits for the bridge before it fails with the reason."""
_RULES_SECONDS = 5.0
"""How long attaching a pod waits for the rules of network policies; they take milliseconds when all is well."""
_PAUSE_SECONDS = (0.5, 30.0)
"""First and longest pause before a failed part is started again."""
_HAPROXY_USER = "haproxy"
"""The user that Debian's package makes."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """What the network of a host must know."""

    platform_id: str
    node_name: str
    folder: Path
    """The network's own folder below the data directory."""
    pods: IPv4Network | None = None
    """The podCIDR of this node; None: the one in the Node object, once it is there."""
    platform: IPv4Network = CANDIDATES[0].platform
    """Range of all pods of the platform."""
    services: IPv4Network = CANDIDATES[0].services
    domain: str = "cluster.local"
    mtu: int = 0
    """0: the one of the default route, less what the overlay adds to a packet."""
    overhead: int = 0
    """Bytes that the overlay adds to a packet."""
    http_port: int = 0
    """Port of the balancer; 0: 80 or the first free one, written down and kept."""
    https_port: int = 0
    ingress_class: str = "bouvier"
    resolv_conf: Path = Path("/etc/resolv.conf")

    @property
    def dns(self) -> IPv4Address:
        """Return the address of the cluster's name server."""
        return self.services[DNS_OFFSET]


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """How the network of a host is doing."""

    is_ready: bool
    """Pods can be attached."""
    pods: IPv4Network | None
    balancer: BalancerStatus
    problems: tuple[str, ...]
    """What keeps a part from working, one line each."""


class NetworkNotReadyError(Exception):
    """Pods cannot be attached yet."""


@dataclass(slots=True)
class _Parts:
    """What exists once the host's range of pod addresses is known."""

    links: Links
    proxy: ServiceProxy
    policies: PolicyEnforcer
    dns: DnsServer
    metadata: MetadataServer | None
    has_more_services: bool = False
    """Whether they have been told of further ranges of Services."""


@dataclass(slots=True)
class _Troubles:
    by_part: dict[str, str] = field(default_factory=dict)

    def set(self, part: str, text: str) -> None:
        if self.by_part.get(part) != text:
            _log.error("%s: %s", part, text)
        self.by_part[part] = text

    def clear(self, part: str) -> None:
        self.by_part.pop(part, None)


class HostNetwork:
    """The network of one host. Fulfils the node agent's `PodNetwork`."""

    def __init__(
        self,
        settings: NetworkSettings,
        informers: Informers,
        overlay: Overlay | None = None,
        reads: Reads | None = None,
    ) -> None:
        """Build the parts; without `reads` there is no metadata service."""
        self.settings = settings
        self._reads = reads
        self._overlay = overlay
        self._informers = informers
        self._watch = ServiceWatch(informers)
        self._parts: _Parts | None = None
        self._ranges = ServiceRanges(informers, settings.services, self._ranges_changed)
        self._nodes = informers.informer(NODES, field_selector=f"metadata.name={settings.node_name}")
        self._nftables = Nftables()
        self._host_resolver = HostResolver(settings.resolv_conf, frozenset({str(settings.dns)}))
        self._leases = settings.folder / "leases"
        self._balancer = Balancer(
            BalancerSettings(
                folder=settings.folder / "balancer",
                http_port=settings.http_port,
                https_port=settings.https_port,
                ingress_class=settings.ingress_class,
                user=_haproxy_user(),
            ),
            informers,
            self._watch,
        )
        self._pods = settings.pods
        self._pods_known = asyncio.Event()
        self._ready = asyncio.Event()
        self._troubles = _Troubles()
        self._nodes.add_handler(lambda *_: self._look_at_node())
        self._look_at_node()

    # What the node agent asks

    async def attach(self, pod: Pod, sandbox_pid: int) -> PodAddresses:
        """Put an interface with the pod's address into the network namespace of that process.

        Raises:
            NetworkNotReadyError: with what is missing.
            NoFreeAddressError, ProcessLookupError, OSError: as `Links.attach`.
        """
        addresses = await (await self._links()).attach(pod, sandbox_pid)
        await self._judged(addresses)
        return addresses

    async def detach(self, pod: Pod) -> None:
        """Free the pod's interface and address; nothing happens when there are none."""
        if self._parts is not None:
            await self._parts.links.detach(pod)
            return
        if any(lease.uid == pod.uid for lease in leases.read(self._leases)):
            await (await self._links()).detach(pod)

    def resolver(self, pod: Pod) -> ResolverSettings:
        """Return the settings of a pod whose `dnsPolicy` is `ClusterFirst`."""
        return resolver.cluster_first(
            pod,
            server=self.settings.dns,
            domain=self.settings.domain,
            host_searches=self._host_resolver.read().searches,
        )

    async def observe(self) -> dict[str, PodAddresses]:
        """Return the addresses that pods hold, by pod uid; does not wait for the network to be ready."""
        held = self._parts.links.leases() if self._parts else leases.read(self._leases)
        return {lease.uid: PodAddresses((str(lease.address),)) for lease in held}

    # The host

    def status(self) -> NetworkStatus:
        """Return how the network is doing."""
        troubles = tuple(f"{part}: {text}" for part, text in sorted(self._troubles.by_part.items()))
        if self._parts is not None and self._parts.policies.problem:
            troubles += (f"network policies: {self._parts.policies.problem}",)
        balancer = self._balancer.status()
        return NetworkStatus(self._ready.is_set(), self._pods, balancer, (*troubles, *balancer.problems))

    async def metrics(self) -> str:
        """Return the balancer's figures in Prometheus' format.

        Raises:
            OSError: the balancer does not run.
        """
        return await self._balancer.metrics()

    def traffic(self) -> tuple[str, dict[str, tuple[int, int]]]:
        """Return the epoch of the balancer's count, and the bytes received and sent by `namespace/service`."""
        epoch, sums = self._balancer.traffic()
        return epoch, dict(sums)

    async def run(self) -> None:
        """Run all parts until cancelled; the network stays."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep("balancer", self._balancer.run), name="balancer")
            await self._pods_known.wait()
            assert self._pods is not None
            self._parts = parts = self._build(self._pods)
            self._ranges_changed()
            if self._overlay is not None:
                group.create_task(self._keep("overlay", self._overlay.run), name="overlay")
            group.create_task(self._keep("addresses", lambda: self._run_links(parts.links)), name="addresses")
            group.create_task(self._keep("services", lambda: self._run_proxy(parts)), name="services")
            group.create_task(self._keep("network policies", lambda: self._run_policies(parts)), name="policies")
            group.create_task(self._keep("name server", lambda: self._run_dns(parts)), name="name server")
            if parts.metadata is not None:
                group.create_task(self._keep("metadata", lambda: self._run_metadata(parts)), name="metadata")

    async def stop(self) -> None:
        """End HAProxy: the platform goes down. Pods and service rules stay for containers that outlive it.

        To take those away too: `purge.purge`, when `run` has ended.
        """
        await self._balancer.stop()

    def close(self) -> None:
        """End the threads, after `run` has ended; the network stays."""
        if self._parts is not None:
            self._parts.links.close()
        self._nftables.close()

    async def _links(self) -> Links:
        """Return the links once pods can be attached."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except TimeoutError as error:
            why = self._troubles.by_part.get("addresses") or f"node {self.settings.node_name} has no podCIDR yet"
            raise NetworkNotReadyError(f"the pod network is not ready: {why}") from error
        assert self._parts is not None
        return self._parts.links

    async def _judged(self, addresses: PodAddresses) -> None:
        """Return once the network policies hold for a new pod too: its programs must not be earlier."""
        assert self._parts is not None
        try:
            async with asyncio.timeout(_RULES_SECONDS):
                await self._parts.policies.in_step.wait()
        except TimeoutError:
            _log.warning("pod %s starts before the rules of network policies know of it", addresses.primary)

    def _look_at_node(self) -> None:
        """Take the range of pod addresses from the Node object, once."""
        if self._pods is None:
            node = self._nodes.get(self.settings.node_name)
            text = (node or {}).get("spec", {}).get("podCIDR")
            self._pods = IPv4Network(text) if text else None
        if self._pods is not None:
            self._pods_known.set()

    def _ranges_changed(self) -> None:
        """Tell the parts which ranges of Services there are; before they exist there is nobody to tell."""
        if self._parts is not None and (self._ranges.more or self._parts.has_more_services):
            self._parts.has_more_services = True
            self._parts.links.set_more_services(self._ranges.more)
            self._parts.proxy.set_more_services(self._ranges.more)

    def _build(self, pods: IPv4Network) -> _Parts:
        s = self.settings
        links = Links(
            LinkSettings(
                platform_id=s.platform_id,
                folder=self._leases,
                pods=pods,
                platform=s.platform,
                services=s.services,
                dns=s.dns,
                mtu=s.mtu,
                overhead=s.overhead,
            ),
            self._nftables,
        )
        table = TableSettings(
            platform_id=s.platform_id,
            services=s.services,
            pods=pods,
            platform=s.platform,
            bridge_is_filtered=sysctls.bridge_is_filtered(),
        )
        own = frozenset({s.dns})
        proxy_settings = ServiceSettings(table=table, node_name=s.node_name, own=own)
        proxy = ServiceProxy(proxy_settings, self._watch, self._nftables, links.leases)
        judged = PolicySettings(table=Table(s.platform_id, s.dns), node_name=s.node_name)
        policies = PolicyEnforcer(judged, self._informers, self._nftables, links.leases)
        dns_settings = DnsSettings(
            listen=(s.dns, pods[1]),
            services=s.services,
            platform=s.platform,
            domain=s.domain,
            resolv_conf=s.resolv_conf,
        )
        dns = DnsServer(dns_settings, self._watch, links.leases)
        links.on_change(proxy.pods_changed)
        links.on_change(policies.pods_changed)
        links.on_change(dns.pods_changed)
        where = MetadataSettings(gateway_of(pods))
        metadata = MetadataServer(where, self._reads, self._watch, links.leases) if self._reads else None
        return _Parts(links, proxy, policies, dns, metadata)

    async def _run_links(self, links: Links) -> None:
        await links.prepare()
        self._ready.set()
        self._troubles.clear("addresses")
        await links.run()

    async def _run_proxy(self, parts: _Parts) -> None:
        await parts.links.ready.wait()
        self._troubles.clear("services")
        await parts.proxy.run()

    async def _run_policies(self, parts: _Parts) -> None:
        await parts.links.ready.wait()
        self._troubles.clear("network policies")
        await parts.policies.run()

    async def _run_dns(self, parts: _Parts) -> None:
        await parts.links.ready.wait()
        self._troubles.clear("name server")
        await parts.dns.run()

    async def _run_metadata(self, parts: _Parts) -> None:
        await parts.links.ready.wait()
        self._troubles.clear("metadata")
        if parts.metadata is not None:
            await parts.metadata.run()

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run a part again and again; what it fails with is kept for the status."""
        pause, longest = _PAUSE_SECONDS
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await run()
                return
            except Exception as error:
                self._troubles.set(name, _reason(error))
                _log.debug("%s failed", name, exc_info=True)
            if asyncio.get_running_loop().time() - started > longest:
                pause = _PAUSE_SECONDS[0]
            await asyncio.sleep(pause)
            pause = min(longest, pause * 2)


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


def _haproxy_user() -> str:
    """Return the unprivileged user that HAProxy can work as; empty when there is none or we are not root."""
    if os.geteuid() != 0:
        return ""
    try:
        return pwd.getpwnam(_HAPROXY_USER).pw_name
    except KeyError:
        return ""
