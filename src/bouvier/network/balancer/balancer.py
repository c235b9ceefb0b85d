"""The balancer of this host: HAProxy serves Ingresses, kept in step with the API.

A change of endpoints goes through HAProxy's runtime interface (and into the file, for the next start); anything else is
written, checked and loaded by a reload that loses no connection. HAProxy is a process of its own: it outlives this one
and is found again, and when it dies it is started again at once with the configuration on disk.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bouvier.meta.resources import INGRESSES, ROUTES
from bouvier.network.balancer import ports, process, servers, traffic
from bouvier.network.balancer.certificates import default_certificate, pem_of_secret
from bouvier.network.balancer.configuration import BrokenConfigurationError, Configuration
from bouvier.network.balancer.plan import Plan, Sources, make_plan
from bouvier.network.balancer.ports import Ports, PortTakenError
from bouvier.network.balancer.process import Haproxy, StartError
from bouvier.network.balancer.render import ListenSettings, Rendered, render
from bouvier.network.balancer.sockets import Sockets
from bouvier.network.balancer.tls_secrets import TlsSecrets
from bouvier.network.informers import Informers
from bouvier.network.service_watch import ServiceWatch

RELOAD_PAUSE_SECONDS = 0.2
"""Least time between two reloads: each is a new process, and many Ingresses often come at once."""
LEAVING_SECONDS = 1.0
"""How often endpoints that are being drained are looked at."""
RESTART_SECONDS = (0.1, 5.0)
"""First and longest pause before HAProxy is started again."""
_ROUNDS = 3
"""Commands that have not brought a server after so many rounds never will: reload instead."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancerSettings:
    """What the balancer must know."""

    folder: Path
    http_port: int = 0
    """0: 80 or the first free one, the same one ever after."""
    https_port: int = 0
    ingress_class: str = "bouvier"
    user: str = ""
    """Unprivileged user for HAProxy's worker; empty: none."""


@dataclass(frozen=True, slots=True)
class BalancerStatus:
    """What the balancer is doing."""

    ports: Ports | None = None
    """None until they have been chosen."""
    is_serving: bool = False
    problems: tuple[str, ...] = ()
    """What of the Ingresses cannot be served, and what is wrong with HAProxy itself."""

    def urls(self, host: str) -> dict[str, str]:
        """Return the addresses under which the balancer is reached."""
        if self.ports is None:
            return {}
        http = "" if self.ports.http == 80 else f":{self.ports.http}"
        https = "" if self.ports.https == 443 else f":{self.ports.https}"
        return {"http": f"http://{host}{http}", "https": f"https://{host}{https}"}


class Balancer:
    """Serves Ingresses on this host."""

    def __init__(self, settings: BalancerSettings, informers: Informers, watch: ServiceWatch) -> None:
        self.settings = settings
        self.in_step = asyncio.Event()
        """Set while HAProxy has everything that was noted so far (endpoints may still be draining)."""
        self._configuration = Configuration(settings.folder)
        self._sockets = Sockets(settings.folder)
        self._haproxy = Haproxy(settings.folder, self._sockets)
        self._watch = watch
        self._ingresses = informers.informer(INGRESSES)
        self._routes = informers.informer(ROUTES)
        self._secrets = TlsSecrets(informers, self._note)
        self._plan = Plan()
        self._services: set[str] = set()
        self._unsure: set[str] | None = None
        """Backends whose servers may not be those of the plan; None: all, as after a start or reload."""
        self._ports: Ports | None = None
        self._trouble = ""
        self._default = ""
        self._changed = asyncio.Event()
        self._may_reload_at = 0.0
        self._starting = asyncio.Lock()
        self._meter_file = settings.folder / "traffic.json"
        self._meter = traffic.load(self._meter_file)
        self._looking = asyncio.Lock()
        self._is_stopping = False
        self._ingresses.add_handler(lambda *_: self._note())
        self._routes.add_handler(lambda *_: self._note())
        watch.listen(self._on_service)

    def status(self) -> BalancerStatus:
        """Return ports, whether HAProxy runs, and what is wrong."""
        problems = (*((self._trouble,) if self._trouble else ()), *self._plan.problems)
        return BalancerStatus(self._ports, not self._haproxy.ended.is_set(), problems)

    def describe(self) -> Plan:
        """Return the plan that was applied last."""
        return self._plan

    async def metrics(self) -> str:
        """Return HAProxy's figures in Prometheus' format.

        Raises:
            OSError: HAProxy does not run.
        """
        return await self._sockets.metrics()

    def traffic(self) -> tuple[str, traffic.ByService]:
        """Return the epoch of the count of bytes, and the bytes carried since then by `namespace/service`."""
        return self._meter.epoch, self._meter.sums()

    async def run(self) -> None:
        """Serve until cancelled; HAProxy serves on afterwards."""
        async with asyncio.TaskGroup() as group:
            await self._begin()
            group.create_task(self._keep_running(), name="balancer process")
            group.create_task(self._follow(), name="balancer configuration")
            group.create_task(self._measure(), name="balancer traffic")

    async def stop(self) -> None:
        """End HAProxy for good; `run` does not start it again."""
        self._is_stopping = True
        await process.end(self.settings.folder)

    # The process

    async def _begin(self) -> None:
        """Find HAProxy running, or choose ports."""
        is_running = await self._haproxy.adopt()
        wanted = Ports(self.settings.http_port, self.settings.https_port)
        while True:
            try:
                self._ports = ports.choose(wanted, self.settings.folder / "ports.json", running=is_running)
            except PortTakenError as error:
                self._set_trouble(str(error))
                await asyncio.sleep(RESTART_SECONDS[1])
            else:
                break
        self._default = default_certificate(self.settings.folder / "default.pem", datetime.now(UTC))
        if not self._configuration.exists():
            await self._install(Plan())
        self._set_trouble("")

    async def _keep_running(self) -> None:
        pause, longest = RESTART_SECONDS
        while True:
            await self._haproxy.ended.wait()
            if self._is_stopping:
                return
            try:
                async with self._starting:
                    await self._haproxy.start()
            except StartError as error:
                self._set_trouble(f"HAProxy does not start: {error}")
                await asyncio.sleep(pause)
                pause = min(longest, pause * 2)
                continue
            except OSError as error:
                self._set_trouble(f"HAProxy cannot be started; is Debian's package haproxy installed? {error}")
                await asyncio.sleep(longest)
                continue
            pause = RESTART_SECONDS[0]
            self._set_trouble("")
            self._unsure = None
            self._note()

    async def _measure(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(traffic.LOOK_SECONDS)

    async def _look(self) -> None:
        """Bring the count of bytes up to date, as far as HAProxy answers."""
        async with self._looking:
            before = self._meter.sums()
            with contextlib.suppress(OSError):
                self._meter.take(await traffic.look(self._sockets))
                if self._meter.sums() != before:
                    self._meter.save(self._meter_file)

    # The configuration

    async def _follow(self) -> None:
        await self._watch.synced()
        await self._ingresses.synced.wait()
        await self._routes.synced.wait()
        self._note()
        is_leaving = False
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVING_SECONDS if is_leaving else None):
                    await self._changed.wait()
            self._changed.clear()
            try:
                is_leaving = await self._sync()
            except (OSError, StartError) as error:
                _log.info("the balancer is out of step: %s", error)
                self._unsure = None
                is_leaving = True
            else:
                if not self._changed.is_set():
                    self.in_step.set()

    async def _sync(self) -> bool:
        """Bring HAProxy in step; return whether endpoints are still leaving."""
        secrets = self._secrets
        await secrets.follow(self._ingresses.items())
        sources = Sources(self._watch.service, self._watch.slices, lambda key: pem_of_secret(secrets.get(key)))
        plan = make_plan(self._ingresses.items(), sources, self.settings.ingress_class, self._routes.items())
        self._take(plan)
        rendered = self._render(plan)
        if rendered.structure != self._configuration.loaded():
            await self._reload(rendered)
            self._unsure = None
        else:
            self._configuration.write_servers(rendered)
        for _ in range(_ROUNDS):
            commands = await self._server_commands()
            if not commands.is_behind:
                self._unsure = set(commands.leaving)
                return bool(commands.leaving)
        _log.warning("HAProxy did not take endpoints through its runtime interface; reloading instead")
        await self._reload(rendered)
        self._unsure = None
        return True

    def _take(self, plan: Plan) -> None:
        """Make a plan the present one, noting which backends have other endpoints now."""
        for problem in plan.problems:
            if problem not in self._plan.problems:
                _log.warning("%s", problem)
        if self._unsure is not None:
            before = self._plan.backends
            self._unsure |= {ref.name for ref, listed in plan.backends.items() if before.get(ref) != listed}
        self._plan = plan
        self._services = plan.services()

    async def _server_commands(self) -> servers.Commands:
        """Compare HAProxy's servers with the plan, where they may differ, and send what is missing."""
        names = ["-1"] if self._unsure is None else sorted(self._unsure)
        if not names:
            return servers.Commands()
        table = await self._sockets.runtime([f"show stat {name} 6 -1" for name in names])
        known, observed = servers.parse(table)
        wanted = {ref.name: listed for ref, listed in self._plan.backends.items() if ref.name in known}
        commands = servers.commands(wanted, observed)
        if commands.lines:
            output = await self._sockets.runtime(commands.lines)
            _log.debug("%s: %s", "; ".join(commands.lines), output.strip())
        return commands

    async def _reload(self, rendered: Rendered) -> None:
        """Load a new structure; when HAProxy refuses it, keep the old one."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._may_reload_at - loop.time()))
        self._may_reload_at = loop.time() + RELOAD_PAUSE_SECONDS
        try:
            await self._configuration.install(rendered)
        except BrokenConfigurationError as error:
            self._set_trouble(f"HAProxy refuses the configuration; the former one stays in use: {error}")
            return
        if self._haproxy.ended.is_set():
            self._configuration.set_loaded(rendered.structure)
            return  # it is started with this configuration
        await self._look()
        try:
            async with self._starting:
                await self._haproxy.reload()
        except StartError as error:
            self._configuration.restore()
            self._set_trouble(f"HAProxy could not load the new configuration; the former one stays in use: {error}")
            raise
        self._configuration.set_loaded(rendered.structure)
        self._configuration.sweep()
        self._set_trouble("")

    async def _install(self, plan: Plan) -> None:
        rendered = self._render(plan)
        await self._configuration.install(rendered)
        self._configuration.set_loaded(rendered.structure)

    def _render(self, plan: Plan) -> Rendered:
        assert self._ports is not None
        listen = ListenSettings(http_port=self._ports.http, https_port=self._ports.https, user=self.settings.user)
        return render(plan, listen, self._default)

    # Noting

    def _on_service(self, key: str) -> None:
        if key in self._services:
            self._note()

    def _note(self) -> None:
        self.in_step.clear()
        self._changed.set()

    def _set_trouble(self, text: str) -> None:
        if text and text != self._trouble:
            _log.error("%s", text)
        self._trouble = text
