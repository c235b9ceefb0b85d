"""From ledger and prices to a report."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from bouvier.billing.allocation import Allocation, allocate
from bouvier.billing.ledger import Ledger
from bouvier.kinds.billing_v1.prices import Period, Prices, periods


class Question(NamedTuple):
    """What a report is asked for."""

    by: str = "namespace"
    begin: int = 0
    end: int = 0
    namespace: str = ""
    share_idle: bool = False


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
            "lines": [{"key": line.key, "amount": str(line.amount)} for line in self.allocation.lines],
            "total": str(self.allocation.total),
        }


def make_report(ledger: Ledger, lists: Sequence[Prices], question: Question) -> Report:
    """Return the report of the windows that begin within the question's time.

    Raises:
        ValueError: the grouping is unknown, or no price holds at the beginning.
    """
    used: dict[str, Decimal] = {}
    offered = Decimal(0)
    for period in periods(lists, question.begin, question.end):
        _add(ledger, period, question, used)
        if not question.namespace:
            capacity = ledger.capacity(period.begin, period.end)
            offered += period.prices.cost(capacity.cpu, capacity.memory)
    return Report(lists[0].currency, question, allocate(used, offered, share_idle=question.share_idle))


def _add(ledger: Ledger, period: Period, question: Question, used: dict[str, Decimal]) -> None:
    for found in ledger.usage(question.by, period.begin, period.end, question.namespace):
        cost = period.prices.cost(found.cpu, found.memory)
        used[found.key] = used.get(found.key, Decimal(0)) + cost
