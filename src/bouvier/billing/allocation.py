"""Sharing out an exact total so that the rounded parts add up to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

UNIT = Decimal("0.000001")
"""Smallest amount in a report: prices of single pods over minutes stay visible."""
IDLE = "(idle)"
COMPUTE, STORAGE, TRAFFIC = "compute", "storage", "traffic"
PARTS = (COMPUTE, STORAGE, TRAFFIC)
"""What an amount is for: processor time and memory; claims; bytes through the balancer."""

Charge = tuple[str, str]
"""Key of a line, and the part of it."""


class Line(NamedTuple):
    """One line of a report."""

    key: str
    amount: Decimal
    parts: Mapping[str, Decimal] = {}
    """What the amount is for; they add up to it."""


class Allocation(NamedTuple):
    """Lines that add up to the total, to the last unit."""

    lines: list[Line]
    total: Decimal


def allocate(
    used: Mapping[str, Decimal],
    offered: Decimal,
    *,
    share_idle: bool,
    direct: Mapping[Charge, Decimal] | None = None,
    unit: Decimal = UNIT,
) -> Allocation:
    """Return a line for each key, and what nobody used as a line of its own or shared out by use.

    `used` and `offered` are for processors and memory; when more was used than was offered (hosts gone meanwhile), the
    use is the total. `direct` is charged as it is: storage and traffic, of which nothing is idle.
    """
    exact = _with_idle(used, offered, share_idle=share_idle)
    charges: dict[Charge, Decimal] = {(key, COMPUTE): amount for key, amount in exact.items()}
    charges |= {charge: amount for charge, amount in (direct or {}).items() if amount}
    total = sum(charges.values(), Decimal(0)).quantize(unit, ROUND_HALF_EVEN)
    parts: dict[str, dict[str, Decimal]] = {}
    for (key, part), amount in rounded(list(charges.items()), total, unit):
        parts.setdefault(key, {})[part] = amount
    return Allocation([Line(key, sum(of.values(), Decimal(0)), of) for key, of in parts.items()], total)


def _with_idle(used: Mapping[str, Decimal], offered: Decimal, *, share_idle: bool) -> dict[str, Decimal]:
    exact = dict(used)
    whole = sum(exact.values(), Decimal(0))
    idle = max(Decimal(0), offered - whole)
    if share_idle and whole:
        return {key: amount + idle * amount / whole for key, amount in exact.items()}
    if idle:
        exact[IDLE] = idle
    return exact


def rounded(exact: Sequence[tuple[Charge, Decimal]], total: Decimal, unit: Decimal) -> list[tuple[Charge, Decimal]]:
    """Round parts down, then give the units that are missing to those that lost most (largest remainder)."""
    floors = [(charge, amount.quantize(unit, ROUND_FLOOR), amount) for charge, amount in exact]
    missing = int((total - sum((floor for _, floor, _ in floors), Decimal(0))) / unit)
    order = sorted(range(len(floors)), key=lambda n: (floors[n][1] - floors[n][2], floors[n][0]))
    raised = set(order[:missing])
    return [(charge, floor + unit if n in raised else floor) for n, (charge, floor, _) in enumerate(floors)]
