"""`POST /api/v1/scheduler`: what schedulers call.

Source: https://mesos.apache.org/documentation/latest/scheduler-http-api/
"""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from tools.mesos_simulator import recordio
from tools.mesos_simulator.master import Master, RefusedCallError
from tools.mesos_simulator.model import Framework, Message

HEARTBEAT_SECONDS = 15.0


class SchedulerApi:
    """The scheduler's side of a master."""

    def __init__(self, master: Master) -> None:
        self._master = master

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take one call."""
        if request.content_type != "application/json":
            return web.Response(status=415, text="Expecting 'Content-Type' of application/json (the simulator's only)")
        try:
            call = orjson.loads(await request.read())
        except orjson.JSONDecodeError as error:
            return web.Response(status=400, text=f"Failed to parse body into JSON: {error}")
        try:
            if call.get("type") == "SUBSCRIBE":
                return await self._subscribe(request, call)
            self._take(self._framework(request, call), call)
        except RefusedCallError as refusal:
            return web.Response(status=refusal.status, text=str(refusal))
        except (KeyError, TypeError, ValueError) as error:
            return web.Response(status=400, text=f"Failed to validate scheduler::Call: {error!r}")
        return web.Response(status=202)

    async def _subscribe(self, request: web.Request, call: Message) -> web.StreamResponse:
        if "Mesos-Stream-Id" in request.headers:
            raise RefusedCallError(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header")
        waiting: asyncio.Queue[Message | None] = asyncio.Queue()

        def send(event: Message) -> None:
            waiting.put_nowait(event)
            if event["type"] == "ERROR":
                waiting.put_nowait(None)

        framework = self._master.subscribe(call["subscribe"]["framework_info"], send)
        response = web.StreamResponse(headers={"Mesos-Stream-Id": framework.stream})
        response.content_type = "application/json"
        try:
            await response.prepare(request)
            while event := await _next(waiting):
                await response.write(recordio.encode(event))
        except ConnectionError:
            pass  # it may come back within its failover timeout
        finally:
            self._master.leave(framework, send)
        return response

    def _framework(self, request: web.Request, call: Message) -> Framework:
        identifier = (call.get("framework_id") or {}).get("value")
        if not identifier:
            raise RefusedCallError(400, "Failed to validate scheduler::Call: Expecting 'framework_id' to be present")
        framework = self._master.frameworks.get(identifier)
        if framework is None or framework.send is None:
            raise RefusedCallError(403, "Framework is not subscribed")
        stream = request.headers.get("Mesos-Stream-Id")
        if stream is None:
            raise RefusedCallError(400, "All non-subscribe calls should include the 'Mesos-Stream-Id' header")
        if stream != framework.stream:
            raise RefusedCallError(
                400, f"The stream ID '{stream}' included in this request didn't match that of {identifier}"
            )
        return framework

    def _take(self, framework: Framework, call: Message) -> None:
        take(self._master, framework, call)


def take(master: Master, framework: Framework, call: Message) -> None:
    """Perform a call of a subscribed framework.

    Raises:
        RefusedCallError: there is no such call.
    """
    match call.get("type"):
        case "ACCEPT":
            master.accept(framework, call["accept"])
        case "DECLINE":
            master.accept(framework, call["decline"])
        case "REVIVE":
            master.revive(framework)
        case "SUPPRESS":
            framework.suppressed = True
        case "KILL":
            master.kill(framework, call["kill"])
        case "ACKNOWLEDGE":
            master.acknowledge(framework, call["acknowledge"])
        case "RECONCILE":
            master.reconcile(framework, call.get("reconcile") or {})
        case "TEARDOWN":
            master.teardown(framework)
        case "UPDATE_FRAMEWORK":
            framework.info = call["update_framework"]["framework_info"]
        case "REQUEST":
            pass  # the hierarchical allocator ignores it too
        case other:
            raise RefusedCallError(400, f"scheduler::Call of type {other} is not simulated")


async def _next(waiting: asyncio.Queue[Message | None]) -> Message | None:
    try:
        return await asyncio.wait_for(waiting.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return {"type": "HEARTBEAT"}
