"""Keeping the kernel's table of policies as NetworkPolicies, pods and namespaces want it.

A change wakes the loop, which plans everything anew and applies the difference as one transaction; at the start, and
after any refusal, the whole table is replaced in one. Until everything has been listed the table stays as the former
process left it, so that a restart opens nothing. Without any policy there is no table, and packets pay nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bouvier.network.addresses import sysctls
from bouvier.network.addresses.leases import Lease
from bouvier.network.informers import Informers
from bouvier.network.nftables import Nftables, NftablesError
from bouvier.network.policies import render
from bouvier.network.policies.plan import Rules, plan
from bouvier.network.policies.render import Table
from bouvier.network.policies.views import located, name_server
from bouvier.network.policies.watch import PolicyWatch

RETRY_SECONDS = 1.0
"""Pause after the kernel refused a whole table: the cause is outside, so no hurry."""
PAUSE_SECONDS = 0.01
"""Pause between two plans, so that a burst of changes costs few: with 1,000 pods and 50 policies a plan takes 7 ms of
processor time and its change 10 ms in the kernel; together that stays below half of the 50 ms in which a change should hold."""
LIST_SECONDS = 10.0
"""How long listing pods and namespaces may take before it is called a trouble; it is tried on."""
LOOK_SECONDS = 60.0
"""How often the table is looked for: a restarted firewall may have flushed all rules, and nobody tells."""

_UNFILTERED = "connections between two pods of this host are not judged: load the kernel module br_netfilter"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What the enforcer must know."""

    table: Table
    node_name: str


class PolicyEnforcer:
    """Makes the pods of this host accept and send what the policies allow."""

    def __init__(
        self,
        settings: PolicySettings,
        informers: Informers,
        nftables: Nftables,
        leases: Callable[[], Iterable[Lease]],
    ) -> None:
        self.settings = settings
        self._nftables = nftables
        self._leases = leases
        self._wake = asyncio.Event()
        self._applied: Rules | None = None
        """What the kernel has; None: unknown."""
        self._is_absent = False
        self.in_step = asyncio.Event()
        """Set while the kernel has everything that was noted so far."""
        self.problem = ""
        """What is not enforced, though all rules are in place."""
        self._watch = PolicyWatch(informers, self._note)

    def pods_changed(self) -> None:
        """Note that leases were made or ended."""
        if not self._watch.is_synced or self._watch.policies():
            self._note()

    async def run(self) -> None:
        """Follow changes until cancelled; the rules stay.

        Raises:
            TimeoutError: pods cannot be listed, with what that means.
        """
        await self._watch.synced()
        self._applied, self._is_absent = None, False
        self._note()
        while True:
            try:
                await self._wait()
                await self._sync()
                await asyncio.sleep(PAUSE_SECONDS)
            except NftablesError as error:
                _log.warning("the rules of network policies were refused and will be replaced as a whole: %s", error)
                self._applied, self._is_absent = None, False
                self._note()
                await asyncio.sleep(RETRY_SECONDS)

    def _note(self) -> None:
        self.in_step.clear()
        self._wake.set()

    async def _wait(self) -> None:
        """Return when there is something to do; look now and then whether the table is still there."""
        while not self._wake.is_set():
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                if self._applied is not None:
                    await self._nftables.run(f"list chain ip {self.settings.table.name} forward\n")
        self._wake.clear()

    async def _sync(self) -> None:
        if self._watch.policies():
            await self._enforce()
        elif not self._is_absent:
            await self._nftables.delete_table(self.settings.table.name)
            self._applied, self._is_absent, self.problem = None, True, ""
            self._watch.leave()
        if not self._wake.is_set():
            self.in_step.set()

    async def _enforce(self) -> None:
        try:
            await self._watch.follow(LIST_SECONDS)
        except TimeoutError as error:
            text = "pods and namespaces cannot be listed: new policies and new pods are not followed"
            raise TimeoutError(text) from error
        rules = self._plan()
        table = self.settings.table
        text = render.whole(table, rules) if self._applied is None else render.change(table, self._applied, rules)
        if text:
            await self._nftables.run(text)
        self._applied, self._is_absent = rules, False
        self.problem = "" if sysctls.bridge_is_filtered() else _UNFILTERED

    def _plan(self) -> Rules:
        held = {lease.uid: str(lease.address) for lease in self._leases()}
        pods = located(self._watch.views(), held, self.settings.node_name)
        pods.append(name_server(self.settings.table.dns))
        return plan(self._watch.policies(), self._watch.namespaces(), pods, frozenset(held.values()))
