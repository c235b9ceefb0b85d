"""Keeping the kernel's service table as Services, EndpointSlices and host ports want it.

A change notes a key; the loop takes all noted keys, plans their frontends anew and applies the difference as one
transaction. At the start, and after any refusal, the whole table is replaced in one transaction. When this process is
killed, the rules stay as they are and serve on; the next start replaces them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network

from bouvier.network.addresses.leases import Lease
from bouvier.network.nftables import Nftables, NftablesError
from bouvier.network.service_watch import ServiceWatch
from bouvier.network.services import flows, memory, render
from bouvier.network.services.elements import Chooser, Element, chooser_of, elements_of
from bouvier.network.services.plan import Frontend, Frontends, Target, claims_of_pod, claims_of_service
from bouvier.network.services.render import TableSettings

RETRY_SECONDS = 1.0
"""Pause after the kernel refused a whole table: the cause is outside (memory, a missing module), so no hurry."""

LOOK_SECONDS = 60.0
"""How often the table is looked for: a restarted firewall may have flushed all rules, and nobody tells."""

_PODS = "pods"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What the proxy must know."""

    table: TableSettings
    node_name: str
    own: frozenset[IPv4Address] = frozenset()
    """Addresses in the services' range that the host itself answers at."""


class ServiceProxy:
    """Makes service addresses, node ports and host ports work on this host."""

    def __init__(
        self,
        settings: ServiceSettings,
        watch: ServiceWatch,
        nftables: Nftables,
        leases: Callable[[], Iterable[Lease]],
    ) -> None:
        self.settings = settings
        self._own = frozenset(str(address) for address in settings.own)
        self._watch = watch
        self._nftables = nftables
        self._leases = leases
        self._frontends = Frontends()
        self._applied: dict[Frontend, Target] = {}
        self._applied_pods: set[Element] = set()
        self._chains: set[Chooser] = set()
        self._dirty: set[str] = set()
        self._wake = asyncio.Event()
        self._is_loaded = False
        self.in_step = asyncio.Event()
        """Set while the kernel has everything that was noted so far."""
        watch.listen(self._note)

    def pods_changed(self) -> None:
        """Note that leases were made or ended."""
        self._note(_PODS)

    def set_more_services(self, more: tuple[IPv4Network, ...]) -> None:
        """Refuse unused addresses of these ranges too: the fixed part of the table is another one."""
        self.settings = replace(self.settings, table=replace(self.settings.table, more_services=more))
        self._is_loaded = False
        self._note(_PODS)

    async def run(self) -> None:
        """Follow changes until cancelled; the rules stay."""
        await self._watch.synced()
        self._is_loaded = False
        self._note_all()
        while True:
            try:
                await self._wait()
                await self._sync()
            except NftablesError as error:
                _log.warning("the service rules were refused and will be replaced as a whole: %s", error)
                self._is_loaded = False
                self._note_all()
                await asyncio.sleep(RETRY_SECONDS)

    def describe(self) -> dict[Frontend, Target]:
        """Return every frontend and where it leads, as last applied."""
        return dict(self._applied)

    def _note(self, key: str) -> None:
        self._dirty.add(key)
        self.in_step.clear()
        self._wake.set()

    def _note_all(self) -> None:
        for key in (*self._watch.keys(), *self._frontends.owners(), _PODS):
            self._note(key)

    async def _wait(self) -> None:
        """Return when there is something to do; look now and then whether the table is still there."""
        while not self._wake.is_set():
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                await self._nftables.run(f"list chain ip {self.settings.table.table} unmark\n")
        self._wake.clear()

    async def _sync(self) -> None:
        dirty, self._dirty = self._dirty, set()
        touched = self._plan(dirty)
        if self._is_loaded:
            await self._apply_change(touched)
        else:
            await self._apply_whole()
        if not self._dirty:
            self.in_step.set()

    def _plan(self, dirty: set[str]) -> set[Frontend]:
        touched: set[Frontend] = set()
        for key in dirty - {_PODS}:
            if key.startswith("pod:"):
                continue
            service = self._watch.service(key)
            slices = self._watch.slices(key) if service else []
            claims = claims_of_service(service, slices, self.settings.node_name, own=self._own) if service else {}
            touched |= self._frontends.claim(key, claims)
        if _PODS in dirty:
            by_owner = {f"pod:{lease.uid}": lease for lease in self._leases()}
            for owner in self._frontends.owners() | by_owner.keys():
                if owner.startswith("pod:"):
                    lease = by_owner.get(owner)
                    touched |= self._frontends.claim(owner, claims_of_pod(lease) if lease else {})
        return touched

    async def _apply_whole(self) -> None:
        targets = self._frontends.all()
        pods = self._pod_elements()
        chains = {chooser for f, t in targets.items() if (chooser := chooser_of(f, t))}
        table = self.settings.table
        elements = [element for f in sorted(targets) for element in elements_of(f, targets[f])]
        elements += await memory.remembered(self._nftables, table.table)
        await self._nftables.run(render.whole(table, [*elements, *sorted(pods)], sorted(chains)))
        self._applied, self._applied_pods, self._chains = targets, pods, chains
        self._is_loaded = table is self.settings.table  # else there is another fixed part by now
        await flows.forget(targets)

    async def _apply_change(self, touched: set[Frontend]) -> None:
        remove: set[Element] = set()
        add: set[Element] = set()
        chains: set[Chooser] = set()
        changed: dict[Frontend, Target | None] = {}
        for frontend in touched:
            old, new = self._applied.get(frontend), self._frontends.target(frontend)
            if old == new:
                continue
            changed[frontend] = new
            remove.update(elements_of(frontend, old) if old else ())
            if new:
                add.update(elements_of(frontend, new))
                chooser = chooser_of(frontend, new)
                chains.update({chooser} - self._chains if chooser else ())
        pods = self._pod_elements()
        remove |= self._applied_pods
        add |= pods
        text = render.change(
            self.settings.table.table,
            remove=sorted(remove - add),
            add=sorted(add - remove),
            choosers=sorted(chains),
        )
        if text:
            await self._nftables.run(text)
        self._remember(changed, chains, pods)
        await flows.forget(changed)

    def _remember(self, changed: dict[Frontend, Target | None], chains: set[Chooser], pods: set[Element]) -> None:
        for frontend, target in changed.items():
            if target is None:
                del self._applied[frontend]
            else:
                self._applied[frontend] = target
        self._applied_pods = pods
        self._chains |= chains

    def _pod_elements(self) -> set[Element]:
        return {Element("pods", f"{lease.address} . {lease.address}") for lease in self._leases()}
