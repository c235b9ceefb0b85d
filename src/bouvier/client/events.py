"""Reporting what happened to an object, as core/v1 Events.

Reporting never blocks and never fails its caller: events wait in memory, one task sends them one after another (which
bounds the load that reporting makes), and beyond QUEUED of them new ones are dropped and counted. The same thing said
again about the same object raises the count of one Event instead of making another; repeats that come while it waits
cost nothing more.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import EVENTS
from bouvier.util.clock import now_text

QUEUED = 4096
"""Events waiting at most: a burst of binds at full speed for a second."""
REMEMBERED = 4096
"""Events whose repeats are counted; of older ones a repeat makes a new Event."""
MESSAGE_BYTES = 1024
"""Longest message that the API takes."""

_log = logging.getLogger(__name__)


class _Subject(NamedTuple):
    """What makes two events the same."""

    uid: str
    namespace: str
    name: str
    field_path: str
    type: str
    reason: str
    message: str


@dataclass(slots=True)
class _Report:
    involved: Obj
    type: str
    reason: str
    message: str
    first: str
    last: str
    name: str
    count: int = 0
    sent: bool = field(default=False)

    @property
    def namespace(self) -> str:
        """Return where the Event is kept: beside its object, `default` for objects of the cluster."""
        return self.involved.get("namespace") or "default"


class Recorder:
    """Reports the events of one component."""

    def __init__(self, client: Client, component: str, *, host: str = "") -> None:
        self.dropped = 0
        """Events lost because too many waited or the API refused them."""
        self._client = client
        self._component = component
        self._host = host
        self._waiting: OrderedDict[_Subject, _Report] = OrderedDict()
        self._known: OrderedDict[_Subject, _Report] = OrderedDict()
        self._sender: asyncio.Task[None] | None = None

    def event(
        self, obj: Obj, event_type: Literal["Normal", "Warning"], reason: str, message: str, *, field_path: str = ""
    ) -> None:
        """Report something about an object; `field_path` names a part, such as `spec.containers{web}`."""
        try:
            self._note(obj, event_type, reason, _cut(message), field_path)
        except Exception:
            self.dropped += 1
            _log.exception("event %s not recorded", reason)

    async def flush(self) -> None:
        """Wait until what was reported so far has been sent or dropped."""
        while self._sender is not None and not self._sender.done():
            await asyncio.wait({self._sender})

    def _note(self, obj: Obj, event_type: str, reason: str, message: str, field_path: str) -> None:
        subject = _Subject(uid_of(obj), namespace_of(obj), name_of(obj), field_path, event_type, reason, message)
        report = self._known.get(subject)
        now = now_text()
        if report is None:
            if len(self._waiting) >= QUEUED:
                self.dropped += 1
                return
            name = f"{name_of(obj)}.{time.time_ns():x}"
            report = _Report(_involved(obj, field_path), event_type, reason, message, now, now, name)
            self._remember(subject, report)
        report.count += 1
        report.last = now
        self._waiting[subject] = report
        if self._sender is None or self._sender.done():
            self._sender = asyncio.get_running_loop().create_task(self._send(), name="events")

    def _remember(self, subject: _Subject, report: _Report) -> None:
        self._known[subject] = report
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    async def _send(self) -> None:
        while self._waiting:
            subject, report = self._waiting.popitem(last=False)
            try:
                await self._write(report)
            except (ApiError, ConnectionError) as error:
                self.dropped += 1
                self._known.pop(subject, None)
                _log.debug("event %s of %s lost: %s", report.reason, report.involved.get("name"), error)

    async def _write(self, report: _Report) -> None:
        if report.sent:
            repeat = {"count": report.count, "lastTimestamp": report.last}
            try:
                await self._client.patch(EVENTS, report.name, repeat, namespace=report.namespace)
                return
            except ApiError as error:
                if error.reason != "NotFound":
                    raise
                report.name = f"{report.involved.get('name')}.{time.time_ns():x}"
        await self._client.create(EVENTS, self._object(report))
        report.sent = True

    def _object(self, report: _Report) -> Obj:
        source = {"component": self._component} | ({"host": self._host} if self._host else {})
        return {
            "apiVersion": EVENTS.api_version,
            "kind": EVENTS.kind,
            "metadata": {"name": report.name, "namespace": report.namespace},
            "involvedObject": report.involved,
            "type": report.type,
            "reason": report.reason,
            "message": report.message,
            "source": source,
            "reportingComponent": self._component,
            "reportingInstance": self._host,
            "firstTimestamp": report.first,
            "lastTimestamp": report.last,
            "count": report.count,
            "eventTime": None,
        }


def _involved(obj: Obj, field_path: str) -> Obj:
    metadata = obj["metadata"]
    reference = {
        "apiVersion": obj.get("apiVersion"),
        "kind": obj.get("kind"),
        "namespace": metadata.get("namespace"),
        "name": metadata.get("name"),
        "uid": metadata.get("uid"),
        "resourceVersion": metadata.get("resourceVersion"),
        "fieldPath": field_path,
    }
    return {name: value for name, value in reference.items() if value}


def _cut(message: str) -> str:
    data = message.encode()
    if len(data) <= MESSAGE_BYTES:
        return message
    return data[: MESSAGE_BYTES - 3].decode(errors="ignore") + "..."
