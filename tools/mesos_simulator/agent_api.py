"""`POST /api/v1` of an agent: files of sandboxes, and sessions inside containers.

Source: https://mesos.apache.org/documentation/latest/operator-http-api/#agent-api
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from aiohttp import web

from bouvier.engine.errors import EngineError
from bouvier.engine.protocol import Session
from bouvier.engine.specs import ExecSpec
from tools.mesos_simulator import recordio
from tools.mesos_simulator.executor import DockerExecutor
from tools.mesos_simulator.master import VERSION, Master, RefusedCallError
from tools.mesos_simulator.model import Agent, Message, Task

LARGEST_READ = 16 * 4096
"""READ_FILE gives no more than sixteen memory pages."""


@dataclass(slots=True)
class Nested:
    """A session inside a task's container."""

    session: Session | None = None
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    status: asyncio.Future[int] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class AgentApi:
    """One agent."""

    def __init__(self, master: Master, agent: Agent, executor: DockerExecutor) -> None:
        self._master, self._agent, self._executor = master, agent, executor
        self._nested: dict[str, Nested] = {}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take one call."""
        try:
            if request.content_type == "application/recordio":
                return await self._attach_input(request)
            call = orjson.loads(await request.read())
            kind = call.get("type", "")
            given = call.get(kind.lower()) or {}
            if kind == "LAUNCH_NESTED_CONTAINER_SESSION":
                return await self._session(request, given)
            found = await self._take(kind, given)
        except RefusedCallError as refusal:
            return web.Response(status=refusal.status, text=str(refusal))
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            return web.Response(status=400, text=f"Failed to validate agent::Call: {error!r}")
        if found is None:
            return web.Response()
        return web.Response(body=orjson.dumps({"type": kind} | found), content_type="application/json")

    async def _take(self, kind: str, call: Message) -> Message | None:
        match kind:
            case "GET_HEALTH":
                return {"get_health": {"healthy": True}}
            case "GET_VERSION":
                return {"get_version": {"version_info": {"version": VERSION}}}
            case "GET_AGENT":
                return {"get_agent": {"agent_info": self._agent.info()}}
            case "GET_TASKS":
                return {"get_tasks": {"launched_tasks": [task.describe() for task in self._tasks()]}}
            case "GET_CONTAINERS":
                return {"get_containers": {"containers": [_container(task) for task in self._tasks()]}}
            case "LIST_FILES":
                return {"list_files": {"file_infos": self._list(call["path"])}}
            case "READ_FILE":
                return {"read_file": self._read(call)}
            case "WAIT_NESTED_CONTAINER" | "WAIT_CONTAINER":
                nested = self._find(call)
                return {kind.lower(): {"exit_status": await asyncio.shield(nested.status)}}
            case "KILL_NESTED_CONTAINER":
                self._find(call)
                return None
        raise RefusedCallError(501, f"agent::Call of type {kind} is not simulated")

    def _tasks(self) -> list[Task]:
        return self._master.tasks_of(self._agent)

    # Files

    def _path(self, given: str) -> Path:
        """Return the real path of a virtual one (`/frameworks/ID/executors/ID/runs/latest/…`)."""
        everything = (*self._master.tasks.values(), *self._master.completed_tasks)
        for task in everything:
            virtual = f"/frameworks/{task.framework.id}/executors/{task.executor_id}/runs/latest"
            if task.agent is not self._agent or not f"{given}/".startswith(virtual + "/"):
                continue
            found = (task.sandbox / given[len(virtual) :].lstrip("/")).resolve()
            if found.is_relative_to(task.sandbox.resolve()):
                return found
        raise RefusedCallError(404, f"Failed to find file or folder: {given}")

    def _list(self, given: str) -> list[Message]:
        folder = self._path(given)
        if not folder.is_dir():
            raise RefusedCallError(404, "Path is not a directory")
        return [{"path": f"{given.rstrip('/')}/{p.name}", "size": p.stat().st_size} for p in sorted(folder.iterdir())]

    def _read(self, call: Message) -> Message:
        path = self._path(call["path"])
        if not path.is_file():
            raise RefusedCallError(404, f"No file {call['path']}")
        length = min(int(call.get("length", LARGEST_READ)), LARGEST_READ)
        with path.open("rb") as file:
            file.seek(int(call["offset"]))
            data = file.read(length)
        return {"size": path.stat().st_size, "data": base64.b64encode(data).decode()}

    # Sessions

    def _find(self, call: Message) -> Nested:
        nested = self._nested.get(_name(call["container_id"]))
        if nested is None:
            raise RefusedCallError(404, f"Container {_name(call['container_id'])} cannot be found")
        return nested

    async def _session(self, request: web.Request, call: Message) -> web.StreamResponse:
        parent = call["container_id"]["parent"]["value"]
        task = next((t for t in self._tasks() if t.container_id == parent), None)
        if task is None or not task.docker:
            raise RefusedCallError(400, f"Parent container {parent} does not exist")
        if task.container_type == "DOCKER":
            raise RefusedCallError(500, "Nested containers are not supported by the Docker containerizer")
        command, terminal = call["command"], bool((call.get("container") or {}).get("tty_info"))
        words = command.get("arguments") or [command["value"]]
        if command.get("shell", True):
            words = ["/bin/sh", "-c", command["value"]]
        spec = ExecSpec(tuple(words), stdin=True, stderr=not terminal, terminal=terminal)
        nested = self._nested[_name(call["container_id"])] = Nested()
        response = web.StreamResponse(headers={"Message-Content-Type": "application/json"})
        response.content_type = "application/recordio"
        try:
            async with self._executor.engine.execute(task.docker, spec) as session:
                nested.session = session
                nested.opened.set()
                await response.prepare(request)
                while (piece := await session.receive()) is not None:
                    await response.write(recordio.encode(_data(piece.stream.upper(), piece.data)))
                code = await session.exit_code() or 0
                nested.status.set_result(code << 8)
        except EngineError as error:
            raise RefusedCallError(500, str(error)) from error
        except ConnectionError:
            pass  # the caller is gone, and the process with it
        finally:
            if not nested.status.done():
                nested.status.set_result(9)
            asyncio.get_running_loop().call_later(30, self._nested.pop, _name(call["container_id"]), None)
        return response

    async def _attach_input(self, request: web.Request) -> web.StreamResponse:
        nested: Nested | None = None
        async for call in recordio.decode(_chunks(request)):
            message = call["attach_container_input"]
            if message["type"] == "CONTAINER_ID":
                nested = self._find(message)
                await nested.opened.wait()
                continue
            if nested is None or nested.session is None:
                raise RefusedCallError(400, "Expecting the first message to be of type CONTAINER_ID")
            await _feed(nested.session, message["process_io"])
        return web.Response()


async def _feed(session: Session, message: Message) -> None:
    with contextlib.suppress(EngineError, ConnectionError):
        if message["type"] == "DATA":
            data = base64.b64decode(message["data"].get("data", ""))
            await (session.send(data) if data else session.close_stdin())
        elif message["control"]["type"] == "TTY_INFO":
            size = message["control"]["tty_info"]["window_size"]
            await session.resize(int(size["columns"]), int(size["rows"]))


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk


def _name(container: Message) -> str:
    parent = container.get("parent")
    return f"{parent['value']}.{container['value']}" if parent else str(container["value"])


def _data(stream: str, data: bytes) -> Message:
    return {"type": "DATA", "data": {"type": stream, "data": base64.b64encode(data).decode()}}


def _container(task: Task) -> Message:
    return {
        "framework_id": {"value": task.framework.id},
        "executor_id": {"value": task.executor_id},
        "executor_name": "",
        "container_id": {"value": task.container_id},
        "container_status": task.container_status(),
    }
