"""Sharing out an exact total so that the rounded parts add up to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

UNIT = Decimal("0.000001")
"""Smallest amount in a report: prices of single pods over minutes stay visible."""
IDLE = "(idle)"


class Line(NamedTuple):
    """One line of a report."""

    key: str
    amount: Decimal


class Allocation(NamedTuple):
    """Lines that add up to the total, to the last unit."""

    lines: list[Line]
    total: Decimal


def allocate(used: Mapping[str, Decimal], offered: Decimal, *, share_idle: bool, unit: Decimal = UNIT) -> Allocation:
    """Return a line for each key, and what nobody used as a line of its own or shared out by use.

    `offered` is what all hosts cost; when more was used than that (hosts gone meanwhile), the use is the total.
    """
    exact = dict(used)
    idle = max(Decimal(0), offered - sum(exact.values(), Decimal(0)))
    if share_idle and any(exact.values()):
        whole = sum(exact.values(), Decimal(0))
        exact = {key: amount + idle * amount / whole for key, amount in exact.items()}
    elif idle:
        exact[IDLE] = idle
    total = sum(exact.values(), Decimal(0)).quantize(unit, ROUND_HALF_EVEN)
    return Allocation(rounded(list(exact.items()), total, unit), total)


def rounded(exact: Sequence[tuple[str, Decimal]], total: Decimal, unit: Decimal) -> list[Line]:
    """Round parts down, then give the units that are missing to those that lost most (largest remainder)."""
    floors = [(key, amount.quantize(unit, ROUND_FLOOR), amount) for key, amount in exact]
    missing = int((total - sum((floor for _, floor, _ in floors), Decimal(0))) / unit)
    order = sorted(range(len(floors)), key=lambda n: (floors[n][1] - floors[n][2], floors[n][0]))
    raised = set(order[:missing])
    return [Line(key, floor + unit if n in raised else floor) for n, (key, floor, _) in enumerate(floors)]
