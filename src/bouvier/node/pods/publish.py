"""Writing the status of one pod to the API.

Only the newest status counts: what changes while a write is on its way is sent together with the next one. The patch
names only what differs, conditions by type, so that the conditions of other writers are never touched.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bouvier.client.backoff import Backoff
from bouvier.client.rest import STRATEGIC, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import PODS
from bouvier.node.pods.status import RESIZE_IN_PROGRESS, RESIZE_PENDING

_OWN_FIELDS = (
    "phase",
    "reason",
    "message",
    "startTime",
    "hostIP",
    "hostIPs",
    "podIP",
    "podIPs",
    "qosClass",
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
    "observedGeneration",
)
_PASSING = (RESIZE_PENDING, RESIZE_IN_PROGRESS)
"""Conditions that are there only while there is something to say."""
_MERGED_LISTS = ("hostIPs", "podIPs")
"""Lists that a strategic merge patch merges by key: replaced as a whole, so that old addresses go."""

_ENDS = ("Succeeded", "Failed")

_log = logging.getLogger(__name__)


def status_patch(old: Obj, new: Obj) -> Obj:
    """Return what brings `old` to `new`, empty when nothing differs (pure)."""
    patch: Obj = {}
    for name in _OWN_FIELDS:
        if old.get(name) != new.get(name):
            patch[name] = _field(name, old, new)
    known = {condition["type"]: condition for condition in old.get("conditions") or ()}
    changed = [_condition(known.get(c["type"]), c) for c in new["conditions"] if known.get(c["type"]) != c]
    wanted = {condition["type"] for condition in new["conditions"]}
    changed += [{"$patch": "delete", "type": kind} for kind in _PASSING if kind in known and kind not in wanted]
    if changed:
        patch["conditions"] = changed
    return patch


def _field(name: str, old: Obj, new: Obj) -> Any:
    value = new.get(name)
    if name in _MERGED_LISTS and value and old.get(name):
        return [{"$patch": "replace"}, *value]
    return value


def _condition(old: Obj | None, new: Obj) -> Obj:
    gone = {name: None for name in ("reason", "message") if old and name in old and name not in new}
    return new | gone


class StatusPublisher:
    """Keeps the API's status of one pod like the one wanted here."""

    def __init__(self, client: Client, pod: Obj) -> None:
        self._client = client
        self._pod = pod
        self._known: Obj = pod.get("status") or {}
        self._answered: Obj | None = None
        self._sent: Obj | None = None
        self._wanted: Obj | None = None
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    def base(self) -> Obj:
        """Return the status from which the next one is worked out: what was last wanted, laid over what the API has.

        Writes and their echoes overtake each other; only what was wanted last never goes back.
        """
        if self._wanted is None:
            return self._known
        merged = _laid_over(self._known, self._wanted)
        if self._known.get("phase") in _ENDS and self._wanted["phase"] not in _ENDS:
            merged |= {name: self._known[name] for name in ("phase", "reason", "message") if name in self._known}
        return merged

    def observe(self, pod: Obj) -> None:
        """Take in the object as the API has it now."""
        status = pod.get("status") or {}
        self._pod = pod
        if self._idle.is_set() and status not in (self._known, self._answered):
            self._known, self._sent = status, None

    def want(self, status: Obj) -> None:
        """Have this status written, unless it is or just being written."""
        if status == self._wanted and (status == self._sent or not self._idle.is_set()):
            return
        self._wanted = status
        self._idle.clear()
        self._changed.set()
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"status of {name_of(self._pod)}")

    async def settled(self) -> None:
        """Wait until the wanted status is written, or can no longer be."""
        await self._idle.wait()

    def stop(self) -> None:
        """Give up writing."""
        if self._task:
            self._task.cancel()
        self._idle.set()

    async def _run(self) -> None:
        retry = Backoff(0.1, 5.0)
        while self._changed.is_set():
            self._changed.clear()
            try:
                await self._write()
                retry.reset()
            except ApiError as error:
                if error.reason in {"NotFound", "Conflict", "Invalid", "Forbidden", "BadRequest"}:
                    self._refused(error)
                    continue
                self._changed.set()
                await asyncio.sleep(retry.next_seconds())
            except ConnectionError:
                self._changed.set()
                await asyncio.sleep(retry.next_seconds())
        self._idle.set()

    def _refused(self, error: ApiError) -> None:
        self._sent = self._wanted
        if error.reason != "NotFound":
            _log.warning("status of pod %s/%s refused: %s", namespace_of(self._pod), name_of(self._pod), error)

    async def _write(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        patch = status_patch(self._known, wanted)
        if patch:
            body = {"metadata": {"uid": uid_of(self._pod)}, "status": patch}
            answer = await self._client.patch(
                PODS, name_of(self._pod), body, namespace=namespace_of(self._pod), kind=STRATEGIC, subresource="status"
            )
            self._answered = answer.get("status") or {}
            self._known = _laid_over(self._answered, wanted)
        self._sent = wanted


def _laid_over(answered: Obj, wanted: Obj) -> Obj:
    """Return the API's status with our own words where the server writes the same thing differently."""
    own = {condition["type"]: condition for condition in wanted["conditions"]}
    kept = (condition for condition in answered.get("conditions") or () if condition.get("type") not in _PASSING)
    others = [condition for condition in kept if condition.get("type") not in own]
    return answered | wanted | {"conditions": [*others, *own.values()]}
