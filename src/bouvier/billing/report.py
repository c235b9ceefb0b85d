"""From ledger and prices to a report."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from bouvier.billing.allocation import STORAGE, TRAFFIC, Allocation, Charge, allocate
from bouvier.billing.ledger import Ledger
from bouvier.billing.sums import Filter, capacity, usage
from bouvier.kinds.billing_v1.prices import Period, Prices, periods


class Question(NamedTuple):
    """What a report is asked for."""

    by: str = "namespace"
    begin: int = 0
    end: int = 0
    namespace: str = ""
    share_idle: bool = False
    label: str = ""
    """`KEY=VALUE`: only what has this label."""

    @property
    def only(self) -> Filter:
        """Return what of the ledger is asked for."""
        return Filter(self.namespace, self.label)


class Report(NamedTuple):
    """An answered question."""

    currency: str
    question: Question
    allocation: Allocation

    def document(self) -> dict[str, Any]:
        """Return the report as JSON: amounts are decimal text."""
        return {
            "currency": self.currency,
            "by": self.question.by,
            "from": self.question.begin,
            "to": self.question.end,
            "lines": [
                {
                    "key": line.key,
                    "amount": str(line.amount),
                    "parts": {part: str(amount) for part, amount in line.parts.items()},
                }
                for line in self.allocation.lines
            ],
            "total": str(self.allocation.total),
        }


def make_report(ledger: Ledger, lists: Sequence[Prices], question: Question) -> Report:
    """Return the report of the windows that begin within the question's time.

    Raises:
        ValueError: the grouping is unknown, or no price holds at some time of it.
    """
    used: dict[str, Decimal] = {}
    direct: dict[Charge, Decimal] = {}
    offered = Decimal(0)
    for period in periods(lists, question.begin, question.end):
        _add(ledger, period, question, used, direct)
        if not any(question.only):
            there = capacity(ledger, period.begin, period.end)
            offered += period.prices.cost(there.cpu, there.memory)
    allocation = allocate(used, offered, share_idle=question.share_idle, direct=direct)
    return Report(lists[0].currency, question, allocation)


def _add(
    ledger: Ledger, period: Period, question: Question, used: dict[str, Decimal], direct: dict[Charge, Decimal]
) -> None:
    prices = period.prices
    for key, found in usage(ledger, question.by, period.begin, period.end, question.only).items():
        if found.cpu or found.memory:
            used[key] = used.get(key, Decimal(0)) + prices.cost(found.cpu, found.memory)
        for part, cost in (
            (STORAGE, prices.storage_cost(found.storage)),
            (TRAFFIC, prices.traffic_cost(found.traffic)),
        ):
            direct[key, part] = direct.get((key, part), Decimal(0)) + cost
