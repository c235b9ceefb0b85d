"""Watches in a version that a webhook converts to: changes wait in a line while they are converted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import orjson

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.groups import SLOW_BYTES
from bouvier.apiserver.request import Stream
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.selectors import FieldSelector

LONGEST_LINE = 1024
"""Frames that may wait; a watcher whose webhook is slower is dropped, comes back and resumes."""


class ConvertedWatch:
    """A member of a watch group that is told of stored objects and passes converted ones on."""

    def __init__(
        self, stream: Stream, view: Kind, render: Callable[[str, Entry], bytes], fields: FieldSelector | None = None
    ) -> None:
        self._stream = stream
        self._view = view
        self._render = render
        self._fields = fields
        """What is asked of fields that only shown objects have."""
        self._chosen: dict[str, bool] = {}
        """Which objects were chosen when they were last seen; those never seen may have been."""
        self._line: asyncio.Queue[bytes] = asyncio.Queue(LONGEST_LINE)
        self.ended = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="converted watch")
        self._task.add_done_callback(lambda _task: self.ended.set())

    def begin(self, frames: bytes) -> None:
        """Take what exists already."""
        self.send(frames)

    def send(self, frames: bytes) -> None:
        """Take frames of stored objects."""
        try:
            self._line.put_nowait(frames)
        except asyncio.QueueFull:
            self.close()

    def close(self) -> None:
        """End the watch."""
        self._task.cancel()
        self.ended.set()

    async def _run(self) -> None:
        while True:
            frames = await self._line.get()
            events = [orjson.loads(line) for line in frames.splitlines()]
            try:
                converted = await self._converted([event["object"] for event in events if _is_object(event)])
            except ApiError as error:
                status = {"type": "ERROR", "object": error.status()}
                self._stream.write(codec.dumps(status) + b"\n")
                return
            for event in events:
                if not _is_object(event):
                    self._stream.write(codec.dumps(event) + b"\n")
                    continue
                self._tell(event["type"], next(converted))
            if self._stream.unsent_bytes > SLOW_BYTES + len(frames):
                self._stream.abort()
                return

    def _tell(self, kind: str, entry: Entry) -> None:
        if self._fields is not None:
            kind = self._seen_as(kind, entry, self._fields)
        if kind:
            self._stream.write(self._render(kind, entry))

    def _seen_as(self, kind: str, entry: Entry, fields: FieldSelector) -> str:
        """Return what a change looks like through the selector: objects enter and leave it by being modified."""
        now = kind != "DELETED" and fields.matches(entry.fields(self._view.selectable).__getitem__)
        before = self._chosen.get(entry.key)
        if kind == "DELETED":
            self._chosen.pop(entry.key, None)
        else:
            self._chosen[entry.key] = now
        if now:
            return kind if before is not False else "ADDED"
        return "DELETED" if kind != "ADDED" and before is not False else ""

    async def _converted(self, objects: list[Obj]) -> Iterator[Entry]:
        assert self._view.convert is not None
        found = await self._view.convert(objects, self._view.resource.api_version) if objects else []
        return iter([_entry(obj) for obj in found])


def _entry(obj: Obj) -> Entry:
    metadata = obj["metadata"]
    revision = int(metadata["resourceVersion"])
    return Entry(metadata.get("namespace", ""), metadata["name"], orjson.dumps(obj), revision)


def _is_object(event: Obj) -> bool:
    return event["type"] not in ("BOOKMARK", "ERROR")
