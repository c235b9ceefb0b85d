"""The overlay of one host: keeps routes, tunnels and associations as the Nodes say, tests them, and reports.

    overlay = Overlay(settings, informers, identity, publish)
    await overlay.run()

Level-triggered: at every change of a Node and every few seconds the kernel (and charon) is asked what is there and
brought to what should be. When this process ends, everything stays.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NODES
from bouvier.network.addresses.names import bridge_name
from bouvier.network.informers import Informers
from bouvier.network.overlay import commands, guard, routes, vxlan
from bouvier.network.overlay.ipsec import charon, render
from bouvier.network.overlay.ipsec.charon import Charon, CharonError, Identity
from bouvier.network.overlay.peers import Host, hosts_of
from bouvier.network.overlay.probe import INTERVAL_SECONDS, Prober
from bouvier.network.overlay.report import report_of
from bouvier.util.clock import now_text

DRIVERS = ("route", "vxlan", "ipsec")
OVERHEAD = {"route": 0, "vxlan": vxlan.OVERHEAD, "ipsec": render.OVERHEAD}
"""Bytes that a driver adds to a packet, by which pods' interfaces are smaller than the host's."""
REPAIR_SECONDS = {"route": 30.0, "vxlan": 30.0, "ipsec": 1.0}
"""How often the state is compared without a reason. Associations come and go without a sign that we see."""
GUARD_SECONDS = 60.0
"""A restarted firewall may have taken the rules away, and nobody tells."""
_MARKED = ("proto", str(routes.PROTOCOL))

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlaySettings:
    """What the overlay of a host must know."""

    platform_id: str
    node_name: str
    driver: str
    folder: Path
    """charon's files."""
    platform: IPv4Network
    """Range of all pods."""


class Overlay:
    """Joins this host's pods with those of the other hosts."""

    def __init__(
        self,
        settings: OverlaySettings,
        informers: Informers,
        identity: Callable[[Host], Awaitable[Identity]],
        publish: Callable[[Obj], Awaitable[None]],
    ) -> None:
        self.settings = settings
        self._identity = identity
        self._publish = publish
        self._nodes = informers.informer(NODES)
        self._changed = asyncio.Event()
        self._nodes.add_handler(lambda *_: self._changed.set())
        self._charon = Charon(settings.folder, settings.platform_id)
        self._patience: dict[str, int] = {}
        self._why: dict[str, str] = {}
        self._problem = ""
        self._introduced: Identity | None = None
        self._is_clear = False
        """Whether a charon of an earlier driver has been ended."""
        self._guarded_until = 0.0

    async def run(self) -> None:
        """Work until cancelled; what was set up stays."""
        await self._nodes.synced.wait()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_right(), name="overlay")
            group.create_task(self._test(), name="overlay probes")

    def hosts(self) -> tuple[Host | None, list[Host]]:
        """Return this host, None before its range is known, and the others."""
        known = hosts_of(self._nodes.items())
        own = next((host for host in known if host.name == self.settings.node_name), None)
        return own, [host for host in known if host.name != self.settings.node_name]

    # Keeping it right

    async def _keep_right(self) -> None:
        while True:
            self._changed.clear()
            own, peers = self.hosts()
            if own is not None:
                await self._try(own, peers)
            try:
                async with asyncio.timeout(REPAIR_SECONDS[self.settings.driver] if not self._problem else 2.0):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _try(self, own: Host, peers: list[Host]) -> None:
        problem = ""
        try:
            await self._apply(own, peers)
        except (commands.CommandError, CharonError, ApiError, OSError, TimeoutError) as error:
            problem = str(error) or type(error).__name__
        if problem and problem != self._problem:
            _log.error("overlay %s: %s", self.settings.driver, problem)
        self._problem = problem

    async def _apply(self, own: Host, peers: list[Host]) -> None:
        s = self.settings
        device = vxlan.device_name(s.platform_id)
        desired = routes.wanted(s.driver, own, peers, s.platform, device)
        if s.driver == "vxlan" and peers:
            await self._apply_vxlan(own, peers)
        elif s.driver != "vxlan":
            await self._remove(device)
        present = routes.parse(await commands.read("ip", "-json", "route", "show", *_MARKED), s.platform)
        await commands.batch("ip", routes.plan(present, desired))
        await self._guard(own)
        if s.driver == "ipsec":
            await self._apply_ipsec(own, peers)
        elif not self._is_clear:
            await charon.end(s.folder)
            self._is_clear = True

    async def _guard(self, own: Host) -> None:
        """Load the rules against packets in clear, again each minute; drop them where they do not belong."""
        s, now = self.settings, asyncio.get_running_loop().time()
        if now < self._guarded_until:
            return
        table = guard.guard_table(s.platform_id)
        text = f"table ip {table}\ndelete table ip {table}\n"
        if s.driver == "ipsec":
            bridge = bridge_name(s.platform_id)
            text = guard.guard(platform_id=s.platform_id, bridge=bridge, pods=own.pods, platform=s.platform)
        await commands.rules(text)
        self._guarded_until = now + GUARD_SECONDS

    async def _remove(self, device: str) -> None:
        if await commands.read("ip", "-json", "link", "show", "dev", device):
            await commands.batch("ip", [f"link del {device}"])

    async def _apply_vxlan(self, own: Host, peers: list[Host]) -> None:
        device = vxlan.device_of(self.settings.platform_id, own)
        links = await commands.read("ip", "-json", "-details", "addr", "show", "dev", device.name)
        neighbours = await commands.read("ip", "-json", "neigh", "show", "dev", device.name, "nud", "permanent")
        forwarding = await commands.read("bridge", "-json", "fdb", "show", "dev", device.name)
        lines, bridge = vxlan.plan(vxlan.parse(links, neighbours, forwarding), device, own, peers)
        await commands.batch("ip", lines)
        await commands.batch("bridge", bridge)

    async def _apply_ipsec(self, own: Host, peers: list[Host]) -> None:
        identity = await self._identity(own)
        was_started = await self._charon.ensure()
        if was_started or identity != self._introduced:
            await self._charon.talk(charon.introduce(identity))
            self._introduced = identity
        listed, associations = await self._charon.talk(charon.observe)
        states = render.parse_established(associations)
        desired = render.connections(own, peers)
        self._patience = {c.name: self._patience.get(c.name, 0) + 1 for c in desired if c.name not in states}
        changes = render.plan(desired, render.parse_connections(listed), states, self._patience)
        await self._charon.talk(charon.perform(changes))
        for name in changes.initiate:
            self._patience[name] = 0
        self._why = {
            c.name.removeprefix("host-"): f"security association: {states.get(c.name, 'none')}"
            for c in desired
            if states.get(c.name) != "installed"
        }

    # Testing and reporting

    async def _test(self) -> None:
        """Probe the others for ever, and report what changed."""
        prober: Prober | None = None
        source, written = None, None
        try:
            while True:
                own, peers = self.hosts()
                if own is not None and own.gateway != source:
                    prober = self._listen(prober, own)
                    source = own.gateway if prober else None
                if prober is not None and own is not None:
                    prober.send(peer.gateway for peer in peers)
                    await self._pause(prober)
                    written = await self._report(own, peers, prober, written)
                else:
                    await asyncio.sleep(INTERVAL_SECONDS)
        finally:
            if prober is not None:
                prober.close()

    def _listen(self, before: Prober | None, own: Host) -> Prober | None:
        """Return a prober that sends from the host's bridge; None while the bridge is not there."""
        if before is not None:
            before.close()
        try:
            return Prober(own.gateway)
        except OSError:
            return None

    async def _pause(self, prober: Prober) -> None:
        prober.answered.clear()
        try:
            async with asyncio.timeout(INTERVAL_SECONDS):
                await prober.answered.wait()
            await asyncio.sleep(INTERVAL_SECONDS / 4)  # others answer in the same moment
        except TimeoutError:
            return

    async def _report(self, own: Host, peers: list[Host], prober: Prober, written: Obj | None) -> Obj | None:
        s = self.settings
        why = {peer.name: self._problem for peer in peers} if self._problem else self._why
        report = report_of(own, s.driver, peers, prober.findings, before=written, now=now_text(), why=why)
        if report == written:
            return written
        try:
            await self._publish(report)
        except (ApiError, ConnectionError) as error:
            _log.warning("cannot write the peer report: %s", error)
            return written
        return report
