"""Amounts of cpus, mem, disk and ports, from and to Mesos' form (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SMALLEST_CPUS, SMALLEST_MEM = 0.01, 32.0
"""Less than this is not offered (MIN_CPUS, MIN_MEM of the allocator)."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What an agent has, a task takes, or an offer holds."""

    cpus: float = 0.0
    mem: float = 0.0
    disk: float = 0.0
    ports: frozenset[int] = field(default_factory=frozenset)

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            round(self.cpus + other.cpus, 3), self.mem + other.mem, self.disk + other.disk, self.ports | other.ports
        )

    def __sub__(self, other: Amounts) -> Amounts:
        return Amounts(
            round(self.cpus - other.cpus, 3), self.mem - other.mem, self.disk - other.disk, self.ports - other.ports
        )

    def holds(self, other: Amounts) -> bool:
        """Tell whether the other fits in."""
        scalars = ((self.cpus, other.cpus), (self.mem, other.mem), (self.disk, other.disk))
        return all(have + 1e-6 >= need for have, need in scalars) and other.ports <= self.ports

    @property
    def is_worth_offering(self) -> bool:
        """Tell whether a task could start with it."""
        return self.cpus >= SMALLEST_CPUS or self.mem >= SMALLEST_MEM


def total(parts: Iterable[Amounts]) -> Amounts:
    """Return the sum."""
    result = Amounts()
    for part in parts:
        result += part
    return result


def parse(resources: Iterable[Mapping[str, Any]]) -> Amounts:
    """Return the amounts of a list of Resource messages; kinds that the simulator has none of are left out."""
    result = Amounts()
    for resource in resources:
        name = resource["name"]
        if name in ("cpus", "mem", "disk"):
            result += Amounts(**{name: float(resource["scalar"]["value"])})
        elif name == "ports":
            ranges = (resource.get("ranges") or {}).get("range") or ()
            numbers = {n for part in ranges for n in range(int(part["begin"]), int(part["end"]) + 1)}
            result += Amounts(ports=frozenset(numbers))
    return result


def render(amounts: Amounts, *, role: str = "") -> list[dict[str, Any]]:
    """Return Resource messages; with a role they are allocated to it."""
    shared: dict[str, Any] = {"role": "*"} | ({"allocation_info": {"role": role}} if role else {})
    found: list[dict[str, Any]] = [
        {"name": name, "type": "SCALAR", "scalar": {"value": value}, **shared}
        for name, value in (("cpus", amounts.cpus), ("mem", amounts.mem), ("disk", amounts.disk))
        if value > 0
    ]
    if amounts.ports:
        ranges = [{"begin": begin, "end": end} for begin, end in spans(amounts.ports)]
        found.append({"name": "ports", "type": "RANGES", "ranges": {"range": ranges}, **shared})
    return found


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the unbroken stretches of a set of numbers."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
