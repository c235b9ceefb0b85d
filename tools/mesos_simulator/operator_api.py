"""`POST /api/v1` of the master: what operators and tools call.

Source: https://mesos.apache.org/documentation/latest/operator-http-api/
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import orjson
from aiohttp import web

from tools.mesos_simulator import recordio
from tools.mesos_simulator.master import VERSION, Master, RefusedCallError
from tools.mesos_simulator.model import Framework, Message, nanoseconds
from tools.mesos_simulator.resources import render, total

HEARTBEAT_SECONDS = 15.0


class OperatorApi:
    """The operator's side of a master."""

    def __init__(self, master: Master) -> None:
        self._master = master
        self._calls: dict[str, Callable[[Message], Message | None]] = {
            "GET_HEALTH": lambda _: {"get_health": {"healthy": True}},
            "GET_VERSION": lambda _: {"get_version": {"version_info": {"version": VERSION}}},
            "GET_FLAGS": lambda _: {"get_flags": {"flags": []}},
            "GET_MASTER": self._get_master,
            "GET_AGENTS": lambda _: {"get_agents": self._agents()},
            "GET_FRAMEWORKS": lambda _: {"get_frameworks": self._frameworks()},
            "GET_TASKS": lambda _: {"get_tasks": self._tasks()},
            "GET_STATE": lambda _: {"get_state": self._state()},
            "GET_ROLES": self._get_roles,
            "DRAIN_AGENT": self._drain,
            "DEACTIVATE_AGENT": self._deactivate,
            "REACTIVATE_AGENT": self._reactivate,
            "TEARDOWN": self._teardown,
        }

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take one call."""
        try:
            call = orjson.loads(await request.read())
            kind = call.get("type", "")
            if kind == "SUBSCRIBE":
                return await self._subscribe(request)
            found = self._take(kind, call.get(kind.lower()) or {})
        except RefusedCallError as refusal:
            return web.Response(status=refusal.status, text=str(refusal))
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            return web.Response(status=400, text=f"Failed to validate master::Call: {error!r}")
        if found is None:
            return web.Response()
        return web.Response(body=orjson.dumps({"type": kind} | found), content_type="application/json")

    def _take(self, kind: str, call: Message) -> Message | None:
        if kind not in self._calls:
            raise RefusedCallError(501, f"master::Call of type {kind} is not simulated")
        return self._calls[kind](call)

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        waiting: asyncio.Queue[Message] = asyncio.Queue()
        waiting.put_nowait({"type": "SUBSCRIBED", "subscribed": {"get_state": self._state()}})
        self._master.watchers.append(waiting.put_nowait)
        response = web.StreamResponse()
        response.content_type = "application/json"
        try:
            await response.prepare(request)
            while True:
                try:
                    event = await asyncio.wait_for(waiting.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    event = {"type": "HEARTBEAT"}
                await response.write(recordio.encode(event))
        except ConnectionError:
            return response
        finally:
            self._master.watchers.remove(waiting.put_nowait)

    def _get_master(self, _call: Message) -> Message:
        master = self._master
        info = {"id": master.id, "ip": 0, "port": master.port, "hostname": master.address}
        return {"get_master": {"master_info": info, "start_time": master.started, "elected_time": master.started}}

    def _agents(self) -> Message:
        return {"agents": [self._master.describe_agent(agent) for agent in self._master.agents.values()]}

    def _frameworks(self) -> Message:
        master = self._master
        return {
            "frameworks": [self._describe(f) for f in master.frameworks.values()],
            "completed_frameworks": [self._describe(f) for f in master.completed_frameworks],
        }

    def _describe(self, framework: Framework) -> Message:
        used = [t for t in self._master.tasks.values() if t.framework is framework and not t.is_terminal]
        return {
            "framework_info": framework.info,
            "active": framework.send is not None,
            "connected": framework.send is not None,
            "recovered": False,
            "registered_time": nanoseconds(framework.registered),
            "allocated_resources": render(total(t.amounts for t in used)),
        }

    def _tasks(self) -> Message:
        return {
            "tasks": [task.describe() for task in self._master.tasks.values()],
            "completed_tasks": [task.describe() for task in self._master.completed_tasks],
        }

    def _state(self) -> Message:
        return {
            "get_agents": self._agents(),
            "get_frameworks": self._frameworks(),
            "get_tasks": self._tasks(),
            "get_executors": {"executors": []},
        }

    def _get_roles(self, _call: Message) -> Message:
        names = sorted({"*", *(role for f in self._master.frameworks.values() for role in f.roles)})
        return {"get_roles": {"roles": [{"name": name, "weight": 1.0} for name in names]}}

    def _drain(self, call: Message) -> None:
        agent = self._master.agent(call)
        config = {name: call[name] for name in ("max_grace_period", "mark_gone") if name in call}
        if config.get("mark_gone"):
            raise RefusedCallError(501, "mark_gone is not simulated")
        self._master.hold(agent, drain=config)

    def _deactivate(self, call: Message) -> None:
        self._master.hold(self._master.agent(call), drain=None)

    def _reactivate(self, call: Message) -> None:
        agent = self._master.agent(call)
        if agent.draining is not None and self._master.tasks_of(agent):
            raise RefusedCallError(400, "Agent is still draining")
        self._master.reactivate(agent)

    def _teardown(self, call: Message) -> None:
        framework = self._master.frameworks.get(call["framework_id"]["value"])
        if framework is None:
            raise RefusedCallError(400, f"No framework found with ID {call['framework_id']['value']}")
        framework.left = time.time()
        self._master.teardown(framework)
