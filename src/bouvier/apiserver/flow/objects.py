"""Following FlowSchemas and PriorityLevelConfigurations: what they say rules at once, and their status says so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Context
from bouvier.apiserver.flow import bootstrap, config
from bouvier.apiserver.flow.control import FlowControl
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, name_of
from bouvier.util.clock import now_text

log = structlog.get_logger(__name__)
MANAGER = "api-priority-and-fairness-config-consumer-v1"
ENSURE_SECONDS = 60.0
"""As the original."""
DANGLING = "Dangling"


class FlowObjects:
    """Keeps flow control and the objects of `local` in agreement."""

    def __init__(self, context: Context, control: FlowControl) -> None:
        self._context = context
        self._control = control
        self._changed = asyncio.Event()
        self._is_due = False
        for plural in bootstrap.BORN:
            context.hub.listen(born.GROUP, plural, self._observe)

    def _observe(self, key: StoreKey, _value: bytes | None) -> None:
        if key.cluster != LOCAL:
            return
        self._changed.set()
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._configure)

    def _configure(self) -> None:
        """Rule by what the objects say; once for all that changed together."""
        self._is_due = False
        self._control.configure(self._objects(bootstrap.LEVELS), self._objects(bootstrap.SCHEMAS))

    def _objects(self, plural: str) -> list[Obj]:
        return [entry.decode() for entry in bootstrap.cache_of(self._context, plural).entries.values()]

    async def run(self) -> None:
        """Write statuses as they change and put the born objects right every minute, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write_statuses(), name="status of flow schemas")
            tasks.create_task(self._ensure(), name="objects of flow control")

    async def _ensure(self) -> None:
        while True:
            await asyncio.sleep(ENSURE_SECONDS)
            await self._safely(bootstrap.ensure(self._context))

    async def _write_statuses(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            levels = self._objects(bootstrap.LEVELS)
            for schema in self._objects(bootstrap.SCHEMAS):
                wanted = dangling_condition(schema, is_dangling=config.dangling(schema, levels))
                if wanted is not None:
                    await self._safely(self._write(name_of(schema), wanted))

    async def _safely(self, work: Awaitable[None]) -> None:
        try:
            await work
        except ApiError as error:
            log.info("an object of flow control was not written", why=error.message)

    async def _write(self, name: str, condition: Obj) -> None:
        def changed(schema: Obj) -> Obj:
            status = schema.get("status") or {}
            others = [one for one in status.get("conditions") or () if one.get("type") != DANGLING]
            return schema | {"status": {**status, "conditions": [*others, condition]}}

        call = bootstrap.call_of(self._context, bootstrap.SCHEMAS, name, MANAGER, "status")
        await change_object(call, changed)


def dangling_condition(schema: Obj, *, is_dangling: bool) -> Obj | None:
    """Return the condition that a FlowSchema should have, None when it has it."""
    level = (schema["spec"].get("priorityLevelConfiguration") or {}).get("name", "")
    end = "but there is no such object" if is_dangling else "and it exists"
    wanted = {
        "type": DANGLING,
        "status": "True" if is_dangling else "False",
        "reason": "NotFound" if is_dangling else "Found",
        "message": f'This FlowSchema references the PriorityLevelConfiguration object named "{level}" {end}',
    }
    present = condition_of(schema, DANGLING) or {}
    if all(present.get(field) == value for field, value in wanted.items()):
        return None
    return wanted | {"lastTransitionTime": now_text()}
