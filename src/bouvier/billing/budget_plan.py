"""What a budget says at a moment. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from bouvier.billing.allocation import UNIT
from bouvier.kinds.billing_v1.budgets import DAY, WEEK, amount_of
from bouvier.meta.objects import Obj

SHORTEST = timedelta(hours=1)
"""Before so much of a period has passed a forecast would be a guess: it says what is spent."""


class Span(NamedTuple):
    """A period; the end excluded."""

    begin: datetime
    end: datetime


class Finding(NamedTuple):
    """How a budget stands."""

    spent: Decimal
    forecast: Decimal
    percent: int
    passed: list[int]
    reason: str
    message: str

    @property
    def is_within(self) -> bool:
        """Tell whether no threshold is passed."""
        return not self.passed


def span(period: str, now: datetime) -> Span:
    """Return the period that a moment is in; periods begin at midnight UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if period == DAY:
        return Span(midnight, midnight + timedelta(days=1))
    if period == WEEK:
        monday = midnight - timedelta(days=midnight.weekday())
        return Span(monday, monday + timedelta(days=7))
    first = midnight.replace(day=1)
    return Span(first, (first + timedelta(days=32)).replace(day=1))


def judge(spec: Obj, spent: Decimal, currency: str, now: datetime) -> Finding:
    """Return how a budget stands with what was spent in its present period."""
    amount = amount_of(spec) or Decimal(1)
    here = span(spec["period"], now)
    gone, whole = now - here.begin, here.end - here.begin
    forecast = spent
    if gone >= SHORTEST:
        rate = Decimal(int(whole.total_seconds())) / Decimal(max(1, int(gone.total_seconds())))
        forecast = (spent * rate).quantize(UNIT, ROUND_HALF_EVEN)
    percent = int(spent * 100 / amount)
    passed = sorted(threshold for threshold in spec["thresholds"] if spent * 100 >= amount * threshold)
    said = f"{spent} of {amount} {currency} are spent ({percent} %), {forecast} expected by {here.end:%Y-%m-%d}"
    if passed:
        return Finding(spent, forecast, percent, passed, "ThresholdPassed", f"{passed[-1]} % is passed: {said}")
    reason = "ForecastTooHigh" if forecast > amount else "WithinBudget"
    return Finding(spent, forecast, percent, passed, reason, said)
