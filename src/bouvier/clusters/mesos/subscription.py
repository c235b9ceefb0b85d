"""The connection of our framework to the master: one stream of events, and calls beside it.

The framework is found again by its name, so nothing has to be remembered: after a kill of this process or a change of
the leader the same framework id is subscribed anew, and the tasks are those that they were.
Source: https://mesos.apache.org/documentation/latest/scheduler-http-api/
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import structlog

from bouvier.client.backoff import Backoff
from bouvier.clusters.mesos.http import CallRefusedError, MesosHttp

PATH = "/api/v1/scheduler"
FAILOVER_SECONDS = 604800.0
"""A week: how long tasks go on while no platform is subscribed (Marathon's own value)."""
LONGEST_WAIT_SECONDS = 15.0
log = structlog.get_logger(__name__)
Message = Mapping[str, Any]


class SubscriptionError(Exception):
    """The master ended the subscription."""


class Subscription:
    """One framework at one master."""

    def __init__(self, http: MesosHttp, name: str) -> None:
        self._http = http
        self._name = name
        self._stream = ""
        self.framework_id = ""

    @property
    def is_open(self) -> bool:
        """Tell whether calls can be made."""
        return bool(self._stream)

    async def events(self) -> AsyncIterator[Message]:
        """Yield events for ever, across lost connections; SUBSCRIBED comes first after each."""
        backoff = Backoff(0.2, LONGEST_WAIT_SECONDS)
        while True:
            try:
                async for event in self._once():
                    if event["type"] == "SUBSCRIBED":
                        backoff.reset()
                    yield event
            except (ConnectionError, CallRefusedError, SubscriptionError) as error:
                log.info("not subscribed", framework=self._name, error=str(error))
            finally:
                self._stream = ""
            await asyncio.sleep(backoff.next_seconds())

    async def _once(self) -> AsyncIterator[Message]:
        self.framework_id = await self._find()
        info: dict[str, Any] = {
            "user": "root",
            "name": self._name,
            "roles": ["*"],
            "failover_timeout": FAILOVER_SECONDS,
            "checkpoint": True,
            "capabilities": [{"type": t} for t in ("MULTI_ROLE", "PARTITION_AWARE", "TASK_KILLING_STATE")],
        }
        body: dict[str, Any] = {"type": "SUBSCRIBE", "subscribe": {"framework_info": info}}
        if self.framework_id:
            info["id"] = body["framework_id"] = {"value": self.framework_id}
        async with self._http.records(PATH, body) as (headers, events):
            self._stream = headers.get("Mesos-Stream-Id", "")
            async for event in events:
                if event["type"] == "SUBSCRIBED":
                    self.framework_id = event["subscribed"]["framework_id"]["value"]
                if event["type"] == "ERROR":
                    raise SubscriptionError(event["error"].get("message", "error"))
                yield event

    async def _find(self) -> str:
        """Return the id under which the master knows the framework, empty when it does not."""
        found = (await self._http.operate("GET_FRAMEWORKS")).get("frameworks") or ()
        for framework in found:
            if framework["framework_info"].get("name") == self._name:
                return str(framework["framework_info"]["id"]["value"])
        return ""

    async def call(self, kind: str, body: Message | None = None) -> bool:
        """Make a call; False when there is no subscription or the master refuses: the next look decides anew."""
        if not self._stream:
            return False
        message = {"framework_id": {"value": self.framework_id}, "type": kind}
        message |= {kind.lower(): body} if body is not None else {}
        try:
            await self._http.json("POST", PATH, message, headers={"Mesos-Stream-Id": self._stream})
        except (ConnectionError, CallRefusedError) as error:
            log.info("call not taken", call=kind, error=str(error))
            return False
        return True
