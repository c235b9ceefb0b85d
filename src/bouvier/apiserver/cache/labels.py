"""Which objects carry which value of a label, for the labels that lists ask for.

A label is indexed when a list first asks for it, by one look at every object; changes then keep the index right. Lists
by a label are what controllers and `kubectl get -l` ask all day, of few objects out of many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bouvier.apiserver.cache.entry import Entry

MOST_LABELS = 8
"""Labels indexed for one resource: those in daily use. Of others, the one asked for longest ago makes room."""


class LabelIndex:
    """Keys of the objects of one resource, by label and value."""

    __slots__ = ("_by_label",)

    def __init__(self) -> None:
        self._by_label: dict[str, dict[str, set[str]]] = {}

    def find(self, wanted: Mapping[str, str], entries: Iterable[Entry]) -> set[str]:
        """Return the keys of the objects that have one of the wanted labels, the rarest; `entries` are all objects."""
        found = [self._values(label, entries).get(value, set()) for label, value in wanted.items()]
        return min(found, key=len)

    def _values(self, label: str, entries: Iterable[Entry]) -> dict[str, set[str]]:
        values = self._by_label.pop(label, None)
        if values is None:
            values = {}
            for entry in entries:
                _add(values, label, entry)
            if len(self._by_label) == MOST_LABELS:
                del self._by_label[next(iter(self._by_label))]
        self._by_label[label] = values
        return values

    def change(self, old: Entry | None, new: Entry | None) -> None:
        """Follow the change of one object."""
        for label, values in self._by_label.items():
            before = None if old is None else old.labels.get(label)
            if new is not None and new.labels.get(label) == before:
                continue
            if old is not None and before is not None:
                keys = values[before]
                keys.discard(old.key)
                if not keys:
                    del values[before]
            if new is not None:
                _add(values, label, new)


def _add(values: dict[str, set[str]], label: str, entry: Entry) -> None:
    value = entry.labels.get(label)
    if value is not None:
        values.setdefault(value, set()).add(entry.key)
