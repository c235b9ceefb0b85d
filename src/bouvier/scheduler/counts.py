"""How many pods of some set run on each host, kept up to date for the sets that placement asks about.

A set (`PodMatcher`) is counted through once, when it is first asked for, and then adjusted with every pod that comes or
goes. Each set hangs on an anchor, one thing that its members must have (an owner, a label, a namespace), so that a pod
is compared with few sets. Sets not asked for lately are dropped.

The required anti-affinity of pods that are placed already is counted the same way, by term.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping

import numpy as np

from bouvier.scheduler.labels import Counts
from bouvier.scheduler.shape import Shape
from bouvier.scheduler.terms import PodAffinityTerm, PodMatcher

KEPT_SETS = 256
"""At 5,000 hosts 10 MB; a set dropped and asked for again costs one pass over all pods."""

_Anchor = tuple[str, ...]
_ANYWHERE: _Anchor = ("anywhere",)


class PodCounts:
    """Counters of pods by host."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._sets: OrderedDict[PodMatcher, Counts] = OrderedDict()
        self._anchored: dict[_Anchor, set[PodMatcher]] = {}
        self._members: dict[tuple[Shape, bool], dict[int, int]] = {}
        """Pods by row, for every shape, deleting or not: what a new set is counted from."""
        self._namespaces: dict[str, dict[str, str]] = {}
        self.avoided: dict[PodAffinityTerm, Counts] = {}
        """For every required anti-affinity term of a placed pod: pods that carry it, by row."""

    @property
    def namespaces(self) -> Mapping[str, Mapping[str, str]]:
        """Return the labels of all namespaces."""
        return self._namespaces

    def set_namespace(self, name: str, labels: dict[str, str] | None) -> bool:
        """Take in a namespace's labels; tell whether they changed."""
        if self._namespaces.get(name) == labels:
            return False
        if labels is None:
            del self._namespaces[name]
        else:
            self._namespaces[name] = labels
        self._sets.clear()
        self._anchored.clear()
        return True

    def grow(self, capacity: int) -> None:
        """Make room for more hosts."""
        extra = np.zeros(capacity - self._capacity, np.int64)
        for counts in (self._sets, self.avoided):
            for key, column in counts.items():
                counts[key] = np.concatenate([column, extra])  # type: ignore[index]
        self._capacity = capacity

    def add(self, shape: Shape, row: int, change: int, *, deleting: bool) -> None:
        """Count a pod that came to a host (change 1) or left it (-1)."""
        rows = self._members.setdefault((shape, deleting), {})
        rows[row] = rows.get(row, 0) + change
        if not rows[row]:
            del rows[row]
            if not rows:
                del self._members[shape, deleting]
        for anchor in _anchors_of(shape):
            for matcher in self._anchored.get(anchor, ()):
                if self._includes(matcher, shape, deleting=deleting):
                    self._sets[matcher][row] += change
        for term in shape.far:
            self._avoid(term, row, change)

    def of(self, matcher: PodMatcher) -> Counts:
        """Return how many pods of a set each host has. Not to be changed."""
        counts = self._sets.get(matcher)
        if counts is not None:
            self._sets.move_to_end(matcher)
            return counts
        counts = self._sets[matcher] = self._count(matcher)
        self._anchored.setdefault(_anchor_of(matcher), set()).add(matcher)
        if len(self._sets) > KEPT_SETS:
            oldest, _ = self._sets.popitem(last=False)
            self._anchored[_anchor_of(oldest)].discard(oldest)
        return counts

    def _count(self, matcher: PodMatcher) -> Counts:
        counts = np.zeros(self._capacity, np.int64)
        for (shape, deleting), rows in self._members.items():
            if self._includes(matcher, shape, deleting=deleting):
                counts[list(rows)] += list(rows.values())
        return counts

    def _includes(self, matcher: PodMatcher, shape: Shape, *, deleting: bool) -> bool:
        if deleting and matcher.skip_deleting:
            return False
        if matcher.owner:
            return shape.owner == matcher.owner
        return all(term.matches(shape.namespace, shape.labels, self._namespaces) for term in matcher.terms)

    def _avoid(self, term: PodAffinityTerm, row: int, change: int) -> None:
        counts = self.avoided.get(term)
        if counts is None:
            counts = self.avoided[term] = np.zeros(self._capacity, np.int64)
        counts[row] += change
        if change < 0 and not counts.any():
            del self.avoided[term]


def _anchor_of(matcher: PodMatcher) -> _Anchor:
    if matcher.owner:
        return ("owner", matcher.owner)
    term = matcher.terms[0]
    if len(term.namespaces) != 1 or term.namespace_selector is not None:
        return _ANYWHERE
    (namespace,) = term.namespaces
    for key, value in term.selector.equalities.items():
        return ("label", namespace, key, value)
    return ("namespace", namespace)


def _anchors_of(shape: Shape) -> Iterator[_Anchor]:
    if shape.owner:
        yield ("owner", shape.owner)
    for key, value in shape.labels.items():
        yield ("label", shape.namespace, key, value)
    yield ("namespace", shape.namespace)
    yield _ANYWHERE
