"""Writing the condition PodScheduled of pods that wait.

Only the latest word on a pod is written, and only when it says something new. Writing goes on beside scheduling, so a
slow API does not hold placement up; a word that comes too late, after the pod got a host, is refused by the API for
its resourceVersion and dropped.
"""

from __future__ import annotations

import asyncio
import logging

from bouvier.client.rest import STRATEGIC, Client
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, key_of, split_key, uid_of
from bouvier.meta.resources import PODS
from bouvier.util.clock import now_text

WRITERS = 8
"""Conditions written at once; few, since pods that wait are in no hurry."""
GATED_MESSAGE = "Scheduling is blocked due to non-empty scheduling gates"

_log = logging.getLogger(__name__)


class Reporter:
    """Writes conditions, one pod after another."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue = WorkQueue()
        self._wanted: dict[str, Obj] = {}
        """Patches to send, by key of the pod."""

    def unschedulable(self, pod: Obj, message: str) -> None:
        """Say that no host takes the pod."""
        self._want(pod, "Unschedulable", message)

    def gated(self, pod: Obj) -> None:
        """Say that the pod's scheduling gates hold it back."""
        self._want(pod, "SchedulingGated", GATED_MESSAGE)

    def forget(self, pod: Obj) -> None:
        """Drop what is not written yet: the pod is gone or has a host."""
        self._wanted.pop(key_of(pod), None)

    async def run(self) -> None:
        """Write until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WRITERS):
                tasks.create_task(self._work(), name="pod conditions")

    def _want(self, pod: Obj, reason: str, message: str) -> None:
        old = condition_of(pod, "PodScheduled") or {}
        if (old.get("status"), old.get("reason"), old.get("message")) == ("False", reason, message):
            return
        since = old.get("lastTransitionTime") if old.get("status") == "False" else None
        key = key_of(pod)
        condition = {
            "type": "PodScheduled",
            "status": "False",
            "reason": reason,
            "message": message,
            "lastTransitionTime": since or now_text(),
        }
        self._wanted[key] = _patch(pod, [condition])
        self._queue.add(key)

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                await self._write(key)
                self._queue.forget(key)
            except ConnectionError:
                self._queue.add_rate_limited(key)
            finally:
                self._queue.done(key)

    async def _write(self, key: str) -> None:
        body = self._wanted.get(key)
        if body is None:
            return
        namespace, name = split_key(key)
        try:
            await self._client.patch(PODS, name, body, namespace=namespace, kind=STRATEGIC, subresource="status")
        except ApiError as error:
            if error.reason == "Conflict" and self._wanted.get(key) is body:
                await self._renew(key, body)
                return
            if error.reason != "NotFound":
                _log.warning("condition of pod %s: %s", key, error)
        if self._wanted.get(key) is body:
            del self._wanted[key]

    async def _renew(self, key: str, body: Obj) -> None:
        """Write again for the pod as it is now, if it is the same one and still waits."""
        namespace, name = split_key(key)
        del self._wanted[key]
        try:
            pod = await self._client.get(PODS, name, namespace)
        except ApiError:
            return
        if uid_of(pod) == body["metadata"]["uid"] and not pod["spec"].get("nodeName"):
            self._wanted.setdefault(key, _patch(pod, body["status"]["conditions"]))
            self._queue.add(key)


def _patch(pod: Obj, conditions: list[Obj]) -> Obj:
    metadata = {"uid": uid_of(pod), "resourceVersion": pod["metadata"].get("resourceVersion")}
    return {"metadata": metadata, "status": {"conditions": conditions}}
