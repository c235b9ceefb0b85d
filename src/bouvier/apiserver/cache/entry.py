"""One cached object and one cached change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bouvier.apiserver import codec
from bouvier.meta.objects import Obj


class Entry:
    """An object as it is served. Immutable but for values computed on demand and kept."""

    __slots__ = (
        "_fields",
        "_labels",
        "_selectable",
        "key",
        "name",
        "namespace",
        "plain_for",
        "revision",
        "row",
        "value",
    )

    def __init__(self, namespace: str, name: str, value: bytes, revision: int) -> None:
        self.namespace = namespace
        self.name = name
        self.key = f"{namespace}/{name}"
        self.value = value
        self.revision = revision
        self._labels: dict[str, str] | None = None
        self._fields: dict[str, str] | None = None
        self._selectable: Mapping[str, Callable[[Obj], str]] | None = None
        self.plain_for: Any = None
        """The version (a Kind) in which the object is shown just as it is stored, once that is known."""
        self.row: Any = None
        """Cells of its table row, kept by the table writer."""

    @property
    def labels(self) -> dict[str, str]:
        """The object's labels."""
        if self._labels is None:
            self._labels = codec.head(self.value).labels or {}
        return self._labels

    def decode(self) -> Obj:
        """Return a fresh dict that the caller may change."""
        return codec.decode(self.value)

    def fields(self, selectable: Mapping[str, Callable[[Obj], str]]) -> dict[str, str]:
        """Return the values that field selectors can ask for."""
        if self._fields is None or self._selectable is not selectable:
            fields = {"metadata.name": self.name, "metadata.namespace": self.namespace}
            if selectable:
                obj = self.decode()
                fields.update((field, read(obj)) for field, read in selectable.items())
            self._fields, self._selectable = fields, selectable
        return self._fields


class CacheEvent:
    """A change of one object: `new` is None for a deletion, `old` for a creation."""

    __slots__ = ("_frames", "new", "old", "revision")

    def __init__(self, revision: int, new: Entry | None, old: Entry | None) -> None:
        self.revision = revision
        self.new = new
        self.old = old
        self._frames: dict[Any, bytes] = {}

    def last_state(self) -> Entry:
        """Return the object as it is reported when it goes: its last content at this revision."""
        if self.new is not None:
            return self.new
        old = self.old
        assert old is not None
        value = codec.at_revision(old.value, old.revision, self.revision)
        return Entry(old.namespace, old.name, value, self.revision)

    def frame(self, kind: str, form: str, render: Callable[[str, Entry], bytes]) -> bytes:
        """Return the watch frame for one event type and representation, made once for all watchers."""
        frame = self._frames.get((kind, form))
        if frame is None:
            entry = self.new if kind != "DELETED" else self._leaving()
            assert entry is not None
            frame = self._frames[kind, form] = render(kind, entry)
        return frame

    def _leaving(self) -> Entry:
        """Return what a watcher last saw, at the revision of this change."""
        if self.old is None:
            return self.last_state()
        value = codec.at_revision(self.old.value, self.old.revision, self.revision)
        return Entry(self.old.namespace, self.old.name, value, self.revision)
