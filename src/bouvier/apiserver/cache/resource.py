"""The cached objects of one resource in one logical cluster, their history and their watch groups."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from sortedcontainers import SortedDict

from bouvier.apiserver.cache.entry import CacheEvent, Entry
from bouvier.apiserver.cache.groups import Render, WatchGroup
from bouvier.apiserver.cache.labels import LabelIndex
from bouvier.apiserver.cache.selection import Selection

HISTORY_EVENTS = 4096
"""Changes kept for watchers that come back: 4096 × 2 kB is 8 MB at most for a busy resource, and at 500
writes a second it bridges 8 s, several times a reconnection."""

INDEXED_ENTRIES = 64
"""Fewer objects are looked through faster than an index is kept."""
SCAN_GAIN = 8
"""Looking at an object in order costs an eighth of fetching and sorting it from the index."""

GroupKey = tuple[str, str, str, str]


class ResourceCache:
    """Sorted objects, a ring of recent changes, and groups indexed by what they ask."""

    def __init__(self, complete_from: int) -> None:
        self.entries: SortedDict[str, Entry] = SortedDict()
        self.history: deque[CacheEvent] = deque(maxlen=HISTORY_EVENTS)
        self.revision = complete_from
        """Revision of the newest change of this resource (or of the start)."""
        self._complete_from = complete_from
        self._labels = LabelIndex()
        self._groups: dict[GroupKey, WatchGroup] = {}
        self._open: list[WatchGroup] = []
        """Groups that every change must be offered to."""
        self._pinned: dict[str, dict[str, list[WatchGroup]]] = {}
        """Groups that ask for one value of a field, by field and value."""

    @property
    def complete_from(self) -> int:
        """Oldest resourceVersion from which the history can be replayed without a gap."""
        return self._complete_from

    def select(self, selection: Selection) -> list[Entry]:
        """Return the chosen objects in key order."""
        labelled = self._labelled(selection)
        if labelled is not None:
            return selection.choose(labelled)
        first, behind = 0, len(self.entries)
        if selection.namespace:
            first = self.entries.bisect_left(selection.namespace + "/")
            behind = self.entries.bisect_left(selection.namespace + "0")  # "0" is the character after "/"
        return selection.choose(self.entries.values()[first:behind])

    def count(self, namespace: str = "") -> int:
        """Return how many objects there are, in a namespace or in all."""
        if not namespace:
            return len(self.entries)
        return int(self.entries.bisect_left(namespace + "0") - self.entries.bisect_left(namespace + "/"))

    def watchers(self, namespace: str) -> int:
        """Return how many watchers every change in a namespace is told to, if their selectors choose it."""
        if not self._open:
            return 0
        return sum(len(group.members) for group in self._open if group.selection.namespace in ("", namespace))

    def _labelled(self, selection: Selection) -> list[Entry] | None:
        """Return the few objects, in key order, with a label that is asked for; None when it is not few."""
        if selection.labels is None or not selection.labels.equalities or len(self.entries) < INDEXED_ENTRIES:
            return None
        keys = self._labels.find(selection.labels.equalities, self.entries.values())
        if len(keys) * SCAN_GAIN > len(self.entries):
            return None
        prefix = selection.namespace + "/" if selection.namespace else ""
        return [self.entries[key] for key in sorted(keys) if key.startswith(prefix)]

    def in_namespace(self, namespace: str) -> Iterator[Entry]:
        """Yield the objects of a namespace in the order of their names."""
        keys = self.entries.irange(namespace + "/", namespace + "0", inclusive=(True, False))
        return (self.entries[key] for key in keys)

    def load(self, entry: Entry) -> None:
        """Take an object that existed before the history starts."""
        self.entries[entry.key] = entry

    def apply(self, revision: int, namespace: str, name: str, value: bytes | None, dirty: list[WatchGroup]) -> None:
        """Record one change; groups that have something to send are added to `dirty`."""
        key = f"{namespace}/{name}"
        old = self.entries.get(key)
        new = None
        if value is None:
            self.entries.pop(key, None)
        else:
            new = self.entries[key] = Entry(namespace, name, value, revision)
        self._labels.change(old, new)
        event = CacheEvent(revision, new, old)
        if len(self.history) == HISTORY_EVENTS:
            self._complete_from = self.history[0].revision
        self.history.append(event)
        self.revision = revision
        dirty.extend(group for group in self._interested(event) if group.offer(event))

    def _interested(self, event: CacheEvent) -> Iterator[WatchGroup]:
        yield from self._open
        for field, by_value in self._pinned.items():
            values = {self._field(entry, field) for entry in (event.old, event.new) if entry is not None}
            for value in values:
                yield from by_value.get(value, ())

    def _field(self, entry: Entry, field: str) -> str:
        for groups in self._pinned[field].values():
            return entry.fields(groups[0].selection.selectable).get(field, "")
        return ""

    def since(self, revision: int) -> Iterator[CacheEvent]:
        """Yield the changes behind a revision that is not older than `complete_from`."""
        if not self.history or self.history[-1].revision <= revision:
            return iter(())
        newer = []
        for event in reversed(self.history):
            if event.revision <= revision:
                break
            newer.append(event)
        return reversed(newer)

    def changed_since(self, revision: int) -> dict[str, Entry | None]:
        """Return the state at a revision, not older than `complete_from`, of every object that has changed since."""
        former: dict[str, Entry | None] = {}
        for event in self.since(revision):
            entry = event.new or event.old
            assert entry is not None
            former.setdefault(entry.key, event.old)
        return former

    def group(self, selection: Selection, form: str, render: Render) -> WatchGroup:
        """Return the group for a question, made on first use."""
        key = (selection.namespace, selection.label_text, selection.field_text, form)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = WatchGroup(selection, form, render)
            self._home(group).append(group)
        return group

    def _home(self, group: WatchGroup) -> list[WatchGroup]:
        pinned = group.selection.pinned()
        if pinned is None:
            return self._open
        return self._pinned.setdefault(pinned[0], {}).setdefault(pinned[1], [])

    def leave(self, group: WatchGroup) -> None:
        """Forget a group that has no member left."""
        selection = group.selection
        key = (selection.namespace, selection.label_text, selection.field_text, group.form)
        if group.members or self._groups.get(key) is not group:
            return
        del self._groups[key]
        self._home(group).remove(group)
        pinned = selection.pinned()
        if pinned and not self._pinned[pinned[0]][pinned[1]]:
            del self._pinned[pinned[0]][pinned[1]]
            if not self._pinned[pinned[0]]:
                del self._pinned[pinned[0]]
