"""One simulated cluster: master, agents and Marathon with their HTTP servers."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from tools.mesos_simulator.agent_api import AgentApi
from tools.mesos_simulator.executor import DockerExecutor
from tools.mesos_simulator.marathon.api import MarathonApi
from tools.mesos_simulator.marathon.core import Marathon
from tools.mesos_simulator.master import Master
from tools.mesos_simulator.operator_api import OperatorApi
from tools.mesos_simulator.resources import Amounts
from tools.mesos_simulator.scheduler_api import SchedulerApi

LARGEST_BODY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AgentOptions:
    """One agent to simulate."""

    hostname: str
    address: str
    port: int = 5051
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """What to simulate."""

    engine: str
    address: str
    port: int
    agents: tuple[AgentOptions, ...]
    marathon_port: int = 0
    """0 for none."""
    standby_port: int = 0
    """A second master that sends everybody to the first; 0 for none."""
    cpus: float = 4.0
    mem: float = 4096.0
    ports: tuple[int, int] = (30000, 32767)
    image: str = "bouvier/busybox:1"


@contextlib.asynccontextmanager
async def simulated(options: Options) -> AsyncIterator[Master]:
    """Serve a cluster as long as the context lasts."""
    folder = Path(tempfile.mkdtemp(prefix="mesos"))
    master = Master(options.address, options.port, folder)
    executor = DockerExecutor(master, options.engine, options.image)
    master.executor = executor
    runners: list[web.AppRunner] = []
    work = [asyncio.create_task(master.run(), name="master")]
    try:
        for given in options.agents:
            ports = frozenset(range(options.ports[0], options.ports[1] + 1))
            amounts = Amounts(options.cpus, options.mem, 10240.0, ports)
            agent = master.add_agent(given.hostname, given.address, given.port, amounts, given.attributes)
            runners.append(
                await _serve(_agent_application(AgentApi(master, agent, executor)), given.address, given.port)
            )
        runners.append(await _serve(_master_application(master), options.address, options.port))
        if options.standby_port:
            runners.append(await _serve(_standby_application(options), options.address, options.standby_port))
        if options.marathon_port:
            marathon = Marathon(master)
            work.append(asyncio.create_task(marathon.run(), name="marathon"))
            api = MarathonApi(marathon, f"{options.address}:{options.marathon_port}")
            runners.append(await _serve(api.application(), options.address, options.marathon_port))
        yield master
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        for runner in runners:
            await runner.cleanup()
        await executor.close()
        shutil.rmtree(folder, ignore_errors=True)


async def _serve(application: web.Application, address: str, port: int) -> web.AppRunner:
    runner = web.AppRunner(application, shutdown_timeout=0.2, handler_cancellation=True, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, port).start()
    return runner


def _master_application(master: Master) -> web.Application:
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes(
        [
            web.post("/api/v1", OperatorApi(master).answer),
            web.post("/api/v1/scheduler", SchedulerApi(master).answer),
        ]
    )
    return app


def _agent_application(api: AgentApi) -> web.Application:
    app = web.Application(client_max_size=LARGEST_BODY)
    app.add_routes([web.post("/api/v1", api.answer), web.post("/slave(1)/api/v1", api.answer)])
    return app


def _standby_application(options: Options) -> web.Application:
    async def redirect(request: web.Request) -> web.Response:
        location = f"//{options.address}:{options.port}{request.path_qs}"
        return web.Response(status=307, headers={"Location": location})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", redirect)
    return app
