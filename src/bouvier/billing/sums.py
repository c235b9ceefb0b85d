"""Sums over the ledger: whole hours from the sums by hour, the ends of a time from single windows.

All numbers are exact integers. SQLite's sums end at 2^63, which bytes times seconds of a large platform exceed within a
month: they are added up in two halves.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bouvier.billing.ledger import HOUR_SECONDS, ROWS, Ledger

APPLICATION_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "app")
"""Labels that name an application, the first that is there: Helm's and ours, those of `bouvier run`, those of kubectl."""
NONE = "(none)"
"""Key of what has not the label."""
VOLUMES = "(volumes)"
"""Key of claims when the question is by host: they outlive pods and may move."""
_HALF = 1 << 20
_FIELDS = ("cpu", "memory", "storage", "traffic")
_SPLIT = ", ".join(f"SUM({field} / {_HALF}), SUM({field} % {_HALF})" for field in _FIELDS)


class Sum(NamedTuple):
    """Totals: thousandths of a processor times seconds, bytes times seconds (memory, storage), bytes (traffic)."""

    cpu: int = 0
    memory: int = 0
    storage: int = 0
    traffic: int = 0

    def plus(self, other: Sum) -> Sum:
        """Return the sum of both."""
        return Sum(*(one + another for one, another in zip(self, other, strict=True)))


class Filter(NamedTuple):
    """What of the ledger is asked for; empty: everything."""

    namespace: str = ""
    label: str = ""
    """`KEY=VALUE`."""


EVERYTHING = Filter()


class _Row(NamedTuple):
    cluster: str
    namespace: str
    host: str
    labels: int
    amounts: Sum


def usage(ledger: Ledger, by: str, begin: int, end: int, only: Filter = EVERYTHING) -> dict[str, Sum]:
    """Return the totals of the windows that begin in `[begin, end)`, by `namespace`, `host`, `cluster`, `app` or `label:KEY`.

    Raises:
        ValueError: for another grouping, or a label filter that is not `KEY=VALUE`.
    """
    sets = {identifier: json.loads(text) for identifier, text in ledger.db.execute("SELECT id, labels FROM label_sets")}
    key = _grouping(by, sets)
    label, equals, value = only.label.partition("=")
    if only.label and not (label and equals):
        raise ValueError(f"label: {only.label!r} is not KEY=VALUE")
    found: dict[str, Sum] = {}
    for row in _rows(ledger, begin, end):
        if only.namespace and row.namespace != only.namespace:
            continue
        if only.label and sets[row.labels].get(label) != value:
            continue
        name = key(row)
        found[name] = found.get(name, Sum()).plus(row.amounts)
    return {name: found[name] for name in sorted(found)}


def capacity(ledger: Ledger, begin: int, end: int) -> Sum:
    """Return what all hosts offered in the windows that begin in `[begin, end)`."""
    total = Sum()
    first, behind = _whole_hours(begin, end)
    split = ", ".join(f"SUM({field} / {_HALF}), SUM({field} % {_HALF})" for field in ("cpu", "memory"))
    query = f"SELECT {split} FROM capacity_hours WHERE hour >= ? AND hour < ?"  # noqa: S608
    row = ledger.db.execute(query, (first, behind)).fetchone()
    total = total.plus(Sum(*_joined(row)))
    for low, high in ((begin, min(first, end)), (max(behind, begin), end)):
        query = "SELECT SUM(cpu * seconds), SUM(memory * seconds) FROM capacity WHERE start >= ? AND start < ?"
        row = ledger.db.execute(query, (low, high)).fetchone()
        total = total.plus(Sum(int(row[0] or 0), int(row[1] or 0)))
    return total


def _grouping(by: str, sets: dict[int, dict[str, str]]) -> Callable[[_Row], str]:
    if by == "namespace":
        return lambda row: row.namespace
    if by == "host":
        return lambda row: row.host or VOLUMES
    if by == "cluster":
        return lambda row: row.cluster
    if by == "app":
        return lambda row: next((sets[row.labels][k] for k in APPLICATION_LABELS if k in sets[row.labels]), NONE)
    label = by.removeprefix("label:")
    if by.startswith("label:") and label:
        return lambda row: str(sets[row.labels].get(label, NONE))
    raise ValueError(f"cannot group by {by!r}: use namespace, host, cluster, app or label:KEY")


def _whole_hours(begin: int, end: int) -> tuple[int, int]:
    """Return the first whole hour within a time, and the end of the last one; both the same when there is none."""
    first = -(-begin // HOUR_SECONDS) * HOUR_SECONDS
    behind = end // HOUR_SECONDS * HOUR_SECONDS
    return (first, behind) if first < behind else (end, end)


def _rows(ledger: Ledger, begin: int, end: int) -> Iterator[_Row]:
    first, behind = _whole_hours(begin, end)
    query = (
        f"SELECT cluster, namespace, host, labels, {_SPLIT} FROM hours WHERE hour >= ? AND hour < ?"  # noqa: S608
        " GROUP BY cluster, namespace, host, labels"
    )
    for row in ledger.db.execute(query, (first, behind)):
        yield _Row(row[0], row[1], row[2], row[3], Sum(*_joined(row[4:])))
    single = ROWS.format(hour="0", where="start >= ? AND start < ?")
    for low, high in ((begin, min(first, end)), (max(behind, begin), end)):
        if low < high:
            for row in ledger.db.execute(single, (low, high) * 3):
                yield _Row(row[1], row[2], row[3], row[4], Sum(*map(int, row[5:])))


def _joined(halves: tuple[int | None, ...]) -> list[int]:
    """Put sums together that were added up in two halves."""
    return [(halves[n] or 0) * _HALF + (halves[n + 1] or 0) for n in range(0, len(halves), 2)]
