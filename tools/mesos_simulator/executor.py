"""Running tasks: containers, their output in the sandbox, health checks and checks, and the updates about all that."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Coroutine
from typing import Any

import aiohttp

from bouvier.engine.docker.engine import DockerEngine
from bouvier.engine.docker.http import DockerHttp
from bouvier.engine.errors import EngineError, NotFound
from bouvier.engine.specs import ExecSpec, LogOptions
from tools.mesos_simulator.containers import MARK, LaunchError, configuration
from tools.mesos_simulator.master import Master
from tools.mesos_simulator.model import Message, Task

DEFAULT_GRACE_SECONDS = 3.0
"""Between TERM and KILL where no kill policy is given."""
CHANGED = "REASON_TASK_HEALTH_CHECK_STATUS_UPDATED"
CHECKED = "REASON_TASK_CHECK_STATUS_UPDATED"


class DockerExecutor:
    """Runs the tasks of all simulated agents on one engine; fulfils `master.Executor`."""

    def __init__(self, master: Master, engine: str, default_image: str) -> None:
        self._master = master
        self._docker = DockerHttp(engine.removeprefix("unix://"))
        self.engine = DockerEngine(engine)
        self._default_image = default_image
        self._lives: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None

    def launch(self, task: Task) -> None:
        """Start a task."""
        self._begin(self._live(task), f"task {task.id}")

    def kill(self, task: Task, grace_seconds: float | None) -> None:
        """End a task; an earlier kill may be hastened."""
        grace = DEFAULT_GRACE_SECONDS if grace_seconds is None else grace_seconds
        self._begin(self._kill(task, grace), f"kill {task.id}")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        life = asyncio.get_running_loop().create_task(work, name=name)
        self._lives.add(life)
        life.add_done_callback(self._lives.discard)

    async def _kill(self, task: Task, grace: float) -> None:
        if not task.is_killing and task.framework.can("TASK_KILLING_STATE") and task.state == "TASK_RUNNING":
            self._master.report(task, "TASK_KILLING")
        task.is_killing = True
        if task.docker:
            with contextlib.suppress(EngineError):
                await self.engine.stop(task.docker, int(grace))

    async def close(self) -> None:
        """End everything and remove the containers."""
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        for container in await self.engine.containers({MARK: self._master.id}):
            with contextlib.suppress(EngineError):
                await self.engine.remove(container.id)
        if self._http is not None:
            await self._http.close()
        await self.engine.close()
        await self._docker.close()

    # The life of one task

    async def _live(self, task: Task) -> None:
        task.sandbox.mkdir(parents=True, exist_ok=True)
        for name in ("stdout", "stderr"):
            (task.sandbox / name).touch()
        try:
            await self._start(task)
        except (LaunchError, EngineError) as error:
            text = f"Failed to launch container: {error}"
            self._master.report(task, "TASK_FAILED", text, "REASON_CONTAINER_LAUNCH_FAILED")
            await self._remove(task)
            return
        helpers = [asyncio.create_task(work, name=f"watch {task.id}") for work in self._watches(task)]
        try:
            answer = await self._docker.call("POST", f"/containers/{task.docker}/wait")
            self._report_end(task, int(answer["StatusCode"]))
            await asyncio.wait(helpers[:1], timeout=2)
        except EngineError as error:
            self._master.report(task, "TASK_FAILED", f"Container lost: {error}", "REASON_CONTAINER_LAUNCH_FAILED")
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
            await self._remove(task)

    async def _start(self, task: Task) -> None:
        body = configuration(task, self._master.id, self._default_image)
        self._master.report(task, "TASK_STARTING")
        try:
            made = await self._docker.call("POST", "/containers/create", body=body)
        except NotFound:
            async for _ in self.engine.pull(body["Image"]):
                pass
            made = await self._docker.call("POST", "/containers/create", body=body)
        task.docker = made["Id"]
        await self.engine.start(task.docker)
        seen = await self._docker.call("GET", f"/containers/{task.docker}/json")
        networks = (seen.get("NetworkSettings") or {}).get("Networks") or {}
        task.container_address = next((n["IPAddress"] for n in networks.values() if n.get("IPAddress")), "")
        task.address = task.container_address or task.agent.address
        task.pid = int(seen["State"].get("Pid") or 0)
        if task.is_killing:
            await self.engine.stop(task.docker, 0)
        task.check = _empty_check(task.info.get("check"))
        self._master.report(task, "TASK_RUNNING")

    def _watches(self, task: Task) -> list[Coroutine[Any, Any, None]]:
        found = [self._follow(task)]
        if task.info.get("health_check"):
            found.append(self._watch_health(task, task.info["health_check"]))
        if task.info.get("check"):
            found.append(self._watch_check(task, task.info["check"]))
        return found

    def _report_end(self, task: Task, code: int) -> None:
        if task.is_killing:
            self._master.report(task, "TASK_KILLED", "Command terminated with signal Terminated")
        elif code == 0:
            self._master.report(task, "TASK_FINISHED", "Command exited with status 0")
        else:
            text = f"Command exited with status {code}"
            self._master.report(task, "TASK_FAILED", text, "REASON_COMMAND_EXECUTOR_FAILED")

    async def _remove(self, task: Task) -> None:
        if task.docker:
            with contextlib.suppress(EngineError):
                await self.engine.remove(task.docker)
        shutil.rmtree(task.sandbox.parent / "secrets", ignore_errors=True)

    async def _follow(self, task: Task) -> None:
        with (task.sandbox / "stdout").open("ab", 0) as out, (task.sandbox / "stderr").open("ab", 0) as errors:
            async for piece in self.engine.logs(task.docker, LogOptions(follow=True)):
                (errors if piece.stream == "stderr" else out).write(piece.data)

    # Health checks and checks

    async def _watch_health(self, task: Task, spec: Message) -> None:
        """Probe; within the grace period failures do not count until the first success."""
        began, failures = time.monotonic(), 0
        await asyncio.sleep(float(spec.get("delay_seconds", 15.0)))
        while True:
            result = await self._probe(task, spec)
            well = _is_healthy(spec, result)
            in_grace = time.monotonic() - began < float(spec.get("grace_period_seconds", 10.0))
            if well:
                failures = 0
            elif not (in_grace and task.healthy is None):
                failures += 1
            if (well or failures) and task.healthy is not well:
                task.healthy = well
                self._report_running(task, CHANGED)
            if failures >= int(spec.get("consecutive_failures", 3)):
                self.kill(task, None)
                return
            await asyncio.sleep(float(spec.get("interval_seconds", 10.0)))

    async def _watch_check(self, task: Task, spec: Message) -> None:
        await asyncio.sleep(float(spec.get("delay_seconds", 15.0)))
        while True:
            kind = spec["type"].lower()
            found = {"type": spec["type"], kind: await self._probe(task, spec)}
            if found != task.check:
                task.check = found
                self._report_running(task, CHECKED)
            await asyncio.sleep(float(spec.get("interval_seconds", 10.0)))

    def _report_running(self, task: Task, reason: str) -> None:
        if task.state == "TASK_RUNNING" and not task.is_killing:
            self._master.report(task, "TASK_RUNNING", "", reason)

    async def _probe(self, task: Task, spec: Message) -> Message:
        """Return a CheckStatusInfo of one kind; empty when there was no answer."""
        timeout = float(spec.get("timeout_seconds", 20.0)) or None
        with contextlib.suppress(TimeoutError, OSError, aiohttp.ClientError, EngineError):
            async with asyncio.timeout(timeout):
                match spec["type"]:
                    case "HTTP":
                        return await self._get(task, spec["http"])
                    case "TCP":
                        _, writer = await asyncio.open_connection(task.address, int(spec["tcp"]["port"]))
                        writer.close()
                        return {"succeeded": True}
                    case _:
                        command = spec["command"]
                        return await self._execute(task, command.get("command", command))
        return {"succeeded": False} if spec["type"] == "TCP" else {}

    async def _get(self, task: Task, http: Message) -> Message:
        self._http = self._http or aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True, ssl=False))
        url = f"{http.get('scheme') or 'http'}://{task.address}:{http['port']}{http.get('path') or '/'}"
        async with self._http.get(url, allow_redirects=False) as answer:
            return {"status_code": answer.status}

    async def _execute(self, task: Task, command: Message) -> Message:
        words = ["/bin/sh", "-c", command["value"]] if command.get("shell", True) else list(command["arguments"])
        async with self.engine.execute(task.docker, ExecSpec(tuple(words))) as session:
            while await session.receive() is not None:
                pass
            return {"exit_code": await session.exit_code() or 0}


def _empty_check(spec: Message | None) -> Message | None:
    return {"type": spec["type"], spec["type"].lower(): {}} if spec else None


def _is_healthy(spec: Message, result: Message) -> bool:
    match spec["type"]:
        case "HTTP":
            return 200 <= result.get("status_code", 0) < 400
        case "TCP":
            return bool(result.get("succeeded"))
        case _:
            return result.get("exit_code") == 0
