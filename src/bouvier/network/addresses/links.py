"""Pod addresses and interfaces of one host.

Each pod has an address of the node's podCIDR, kept in a lease on disk until it is detached, and a veth pair between its
sandbox and the bridge `bv-<platform id>`. A restarted process finds leases and interfaces as they were.
All kernel work happens in one thread that may visit sandboxes.

Limits: IPv4; one range for each host.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TypeVar

from bouvier.network.addresses import forwarding, sysctls
from bouvier.network.addresses.kernel import Bridge, Kernel
from bouvier.network.addresses.leases import Lease, LeaseStore, gateway_of
from bouvier.network.addresses.names import bridge_name, orphans, veth_name
from bouvier.network.addresses.render import pod_rules
from bouvier.network.addresses.types import Pod, PodAddresses
from bouvier.network.nftables import Nftables

REPAIR_SECONDS = 60.0
"""How often bridge, rules and switches are compared with what they should be: a restarted Docker or firewall may have
changed them, and nobody tells."""

Result = TypeVar("Result")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """What `Links` must know."""

    platform_id: str
    folder: Path
    """Where leases are kept."""
    pods: IPv4Network
    """The podCIDR of this node."""
    platform: IPv4Network
    """Range of all pods of the platform; what leaves it gets the host's address."""
    services: IPv4Network
    dns: IPv4Address
    """Address of the name server that pods are told: it lives on the bridge of every host."""
    metadata_port: int = 9250
    """Where the metadata service listens on the bridge's own address."""
    mtu: int = 0
    """0: the one of the default route, less `overhead`."""
    overhead: int = 0
    """Bytes that the overlay adds to a packet that goes to another host."""

    @property
    def bridge(self) -> str:
        """Return the name of the bridge."""
        return bridge_name(self.platform_id)


class Links:
    """Attaches pods to the network of this host."""

    def __init__(self, settings: LinkSettings, nftables: Nftables) -> None:
        self.settings = settings
        self.ready = asyncio.Event()
        """Set once the bridge stands and pods can be attached."""
        self._nftables = nftables
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="links")
        self._store = LeaseStore(settings.folder, settings.pods)
        self._kernel: Kernel | None = None
        self._bridge: Bridge | None = None
        self._listeners: list[Callable[[], None]] = []
        self._more_services: tuple[IPv4Network, ...] | None = None
        self._wake = asyncio.Event()

    # Pods

    async def attach(self, pod: Pod, sandbox_pid: int) -> PodAddresses:
        """Put an interface with the pod's address into the network namespace of that process.

        Cancellation leaves the pod attached or not; repeating or detaching is safe.

        Raises:
            NoFreeAddressError: the node's range is exhausted.
            ProcessLookupError: the sandbox has ended.
            OSError: the kernel refused.
        """
        await self.ready.wait()
        known = self._store.of(pod.uid) is not None
        lease = self._store.acquire(pod)
        if not known:
            self._tell()
        await self._in_thread(lambda: self._attach(lease, sandbox_pid))
        return PodAddresses((str(lease.address),))

    async def detach(self, pod: Pod) -> None:
        """Free the pod's interface and address; nothing happens when there are none."""
        lease = self._store.of(pod.uid)
        if lease is None:
            return
        name = veth_name(self.settings.platform_id, lease.address)
        await self._in_thread(lambda: self._open().detach(name))
        if self._store.release(pod.uid):
            self._tell()

    def leases(self) -> list[Lease]:
        """Return every lease of this host."""
        return self._store.all()

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call the listener whenever a lease was made or ended."""
        self._listeners.append(listener)

    # The host

    async def run(self) -> None:
        """Keep bridge, rules and switches as they should be until cancelled; interfaces and rules stay afterwards."""
        if not self.ready.is_set():
            await self.prepare()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), REPAIR_SECONDS)
            self._wake.clear()
            await self.prepare()

    def set_more_services(self, more: tuple[IPv4Network, ...]) -> None:
        """Lead further ranges of service addresses to the bridge."""
        self._more_services = more
        self._wake.set()

    async def prepare(self) -> None:
        """Bring bridge, addresses, routes, switches and rules to the wanted state and remove interfaces of nobody."""
        await self._in_thread(self._prepare)
        rules = pod_rules(
            platform_id=self.settings.platform_id,
            bridge=self.settings.bridge,
            pods=self.settings.pods,
            platform=self.settings.platform,
            dns=self.settings.dns,
            metadata_port=self.settings.metadata_port,
        )
        await self._nftables.run(rules)
        await forwarding.accept(self.settings.bridge)
        self.ready.set()

    def close(self) -> None:
        """End the thread; the network stays."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True)

    # In the thread

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> Kernel:
        if self._kernel is None:
            self._kernel = Kernel()
        return self._kernel

    def _close(self) -> None:
        if self._kernel is not None:
            self._kernel.close()
            self._kernel = None

    def _prepare(self) -> None:
        kernel = self._open()
        settings = self.settings
        self._bridge = Bridge(
            name=settings.bridge,
            pods=settings.pods,
            gateway=gateway_of(settings.pods),
            services=settings.services,
            more_services=self._more_services,
            local=(settings.dns,),
            mtu=settings.mtu or kernel.mtu_of_default_route() - settings.overhead,
        )
        kernel.prepare(self._bridge)
        sysctls.apply(settings.bridge)
        leased = {lease.address for lease in self._store.all()}
        for name in orphans(kernel.links(), settings.platform_id, leased):
            _log.info("removing the interface %s, which belongs to no pod", name)
            kernel.detach(name)

    def _attach(self, lease: Lease, process: int) -> None:
        if self._bridge is None:
            raise RuntimeError("attach before prepare")
        name = veth_name(self.settings.platform_id, lease.address)
        alias = f"{lease.namespace}/{lease.name} {lease.uid}"
        self._open().attach(name, lease.address, self._bridge, alias=alias, process=process)

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()
