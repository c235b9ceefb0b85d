"""A live picture of the platform's containers in the engine.

The engine's events say which container to look at again; a full list every few seconds, and after every gap in the
events, finds what was missed. Answers can overtake each other, so each look carries a number and an older one never
replaces a newer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from bouvier.engine.errors import EngineError, NotFound
from bouvier.engine.protocol import Engine
from bouvier.engine.states import ContainerSummary, EngineEvent, Phase
from bouvier.node.pods import identity
from bouvier.node.pods.records import PodRecords, Record, group, parse

RELIST_SECONDS = 10.0
"""A lost event costs at most this long; a list of 100 containers takes 14 ms."""
RETRY_SECONDS = 0.5
"""Between attempts to reach an engine that is down: it needs about as long to come back."""
REMEMBER_REMOVED_SECONDS = 60.0
"""Ids of removed containers are kept so long, so that a late answer does not bring one back."""

_log = logging.getLogger(__name__)


class EngineView:
    """Records of all containers of one platform."""

    def __init__(self, engine: Engine, platform: str) -> None:
        self._engine = engine
        self._labels = {identity.PLATFORM: platform}
        self._records: dict[str, Record] = {}
        self._by_uid: dict[str, dict[str, Record]] = {}
        self._ticket = 0
        self._seen: dict[str, int] = {}
        self._removed: dict[str, float] = {}
        self.synced = asyncio.Event()
        """Set once the first list is in."""
        self.problem = "the container engine has not answered yet"
        """Why the engine cannot be used at the moment; empty when it can."""
        self.on_pod: Callable[[str], None] = lambda _uid: None
        """Called with the uid of a pod whose containers changed."""
        self.on_images: Callable[[], None] = lambda: None
        """Called when images came or went."""
        self.on_health: Callable[[], None] = lambda: None
        """Called when `problem` changed."""

    def pod(self, uid: str) -> PodRecords:
        """Return what the engine has of a pod."""
        return group(self._by_uid.get(uid, {}).values())

    def uids(self) -> set[str]:
        """Return the uids of all pods that have something in the engine."""
        return set(self._by_uid)

    def sample(self, uid: str) -> Record | None:
        """Return any record of a pod, to learn its namespace and name."""
        return next(iter(self._by_uid.get(uid, {}).values()), None)

    async def run(self) -> None:
        """Follow the engine until cancelled."""
        while True:
            try:
                await self._follow()
            except EngineError as error:
                self._set_problem(str(error))
            except Exception:
                _log.exception("the container engine cannot be followed")
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        async with self._engine.events() as events:
            await self._relist()
            async with asyncio.TaskGroup() as tasks:
                relisting = tasks.create_task(self._relist_often(), name="engine list")
                try:
                    await self._consume(events, tasks)
                except EngineError as error:
                    self._set_problem(str(error))
                relisting.cancel()

    async def _consume(self, events: AsyncIterator[EngineEvent], tasks: asyncio.TaskGroup) -> None:
        async for event in events:
            if event.subject == "image":
                self.on_images()
            elif event.labels.items() >= self._labels.items():
                self._on_event(event, tasks)

    def _on_event(self, event: EngineEvent, tasks: asyncio.TaskGroup) -> None:
        known = self._records.get(event.id)
        if event.action == "removed":
            self.forget(event.id)
            return
        is_old_news = event.action == "created" or (event.action == "started" and known and known.is_running)
        if not (known and is_old_news):
            tasks.create_task(self._refresh_quietly(event.id), name="inspect")

    async def _relist_often(self) -> None:
        while True:
            await asyncio.sleep(RELIST_SECONDS)
            with suppress(EngineError):
                await self._relist()

    async def _relist(self) -> None:
        before = self._next_ticket()
        listed = {summary.id: summary for summary in await self._engine.containers(self._labels)}
        for container in [c for c in self._records if c not in listed and self._seen.get(c, 0) < before]:
            self.forget(container)
        for container, summary in listed.items():
            if self._differs(summary):
                await self._refresh_quietly(container)
        self._forget_removed()
        self._set_problem("")
        self.synced.set()

    def _differs(self, summary: ContainerSummary) -> bool:
        known = self._records.get(summary.id)
        if known is None:
            return True
        failed_start = known.is_exited and summary.phase is Phase.CREATED
        return known.state.phase is not summary.phase and not failed_start

    async def _refresh_quietly(self, container: str) -> None:
        with suppress(EngineError):
            await self.refresh(container)

    async def refresh(self, container: str) -> Record | None:
        """Look at one container now and return its record, None when it is gone.

        Raises:
            EngineError: the engine does not answer.
        """
        ticket = self._next_ticket()
        try:
            state = await self._engine.inspect(container)
        except NotFound:
            self.forget(container)
            return None
        record = parse(state)
        if record is None or container in self._removed:
            return None
        if self._seen.get(container, 0) < ticket:
            self._put(record, ticket)
        return self._records.get(container)

    def _put(self, record: Record, ticket: int) -> None:
        self._seen[record.id] = ticket
        if self._records.get(record.id) == record:
            return
        self._records[record.id] = record
        self._by_uid.setdefault(record.uid, {})[record.id] = record
        self.on_pod(record.uid)

    def forget(self, container: str) -> None:
        """Drop a container that was removed."""
        self._removed[container] = time.monotonic()
        self._seen.pop(container, None)
        record = self._records.pop(container, None)
        if record is None:
            return
        pod = self._by_uid[record.uid]
        del pod[container]
        if not pod:
            del self._by_uid[record.uid]
        self.on_pod(record.uid)

    def _forget_removed(self) -> None:
        limit = time.monotonic() - REMEMBER_REMOVED_SECONDS
        self._removed = {container: at for container, at in self._removed.items() if at > limit}

    def _next_ticket(self) -> int:
        self._ticket += 1
        return self._ticket

    def _set_problem(self, problem: str) -> None:
        if problem != self.problem:
            if problem:
                _log.warning("%s", problem)
            self.problem = problem
            self.on_health()
