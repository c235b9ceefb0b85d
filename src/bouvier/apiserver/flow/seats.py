"""Whose seats are whose: nominal seats, lending and borrowing between priority levels.

A level may always use what it does not lend. Beyond that it may use, up to its own limit, whatever is neither in use
nor kept by others. What is lent comes back as it is given back: a request holds its seats for milliseconds.

Pure bookkeeping: constant time a call, no clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Share:
    """What one level may use, and what it uses."""

    nominal: int
    """Seats that are its own."""
    low: int
    """Those that it never lends."""
    high: int
    """Those that it never goes beyond."""
    used: int = 0

    def need(self, used: int) -> int:
        """Return the seats that nobody else may have while this level uses so many."""
        return max(used, self.low)


class Seats:
    """The seats of the server, among all levels."""

    def __init__(self, total: int, shares: Iterable[Share]) -> None:
        self.total = total
        self._taken = sum(share.need(share.used) for share in shares)
        """Seats in use or kept for those who never lend them."""

    def has_room(self, share: Share, wanted: int) -> bool:
        """Tell whether a level may take seats now.

        A request that is wider than all its level may use goes when nothing else of the level runs: it would wait for ever.
        """
        used = share.used + wanted
        if used <= share.low or not share.used:
            return True
        return used <= share.high and self._taken + share.need(used) - share.need(share.used) <= self.total

    def limit(self, share: Share) -> int:
        """Return how many seats a level could use at this moment."""
        free = self.total - self._taken
        return max(share.low, share.used, min(share.high, share.need(share.used) + free))

    def take(self, share: Share, seats: int) -> None:
        """Use seats."""
        self._taken -= share.need(share.used)
        share.used += seats
        self._taken += share.need(share.used)

    def give_back(self, share: Share, seats: int) -> None:
        """Use seats no longer."""
        self.take(share, -seats)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a level's configuration asks for."""

    shares: int
    lendable_percent: int
    borrowing_percent: int | None = None
    """How much more than its own it may use; None for no limit."""


def divide(total: int, wishes: Mapping[str, Wish]) -> dict[str, Share]:
    """Return the share of each level of the total."""
    everything = sum(wish.shares for wish in wishes.values()) or 1
    divided = {}
    for name, wish in wishes.items():
        nominal = math.ceil(total * wish.shares / everything)
        low = nominal - round(nominal * wish.lendable_percent / 100)
        more = total if wish.borrowing_percent is None else round(nominal * wish.borrowing_percent / 100)
        divided[name] = Share(nominal, low, min(total, nominal + more))
    return divided
