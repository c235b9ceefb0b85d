"""Price lists: dated, without gaps or overlaps, in decimal numbers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj

HOUR_SECONDS = 3600
GIB_BYTES = 1024**3


class Prices(NamedTuple):
    """What things cost from a day on."""

    currency: str
    begin: date
    cpu_hour: Decimal
    """One processor for an hour."""
    memory_gib_hour: Decimal
    storage_gib_hour: Decimal = Decimal(0)
    """One GiB of a claim's size for an hour."""
    traffic_gib: Decimal = Decimal(0)
    """One GiB through the balancer, in and out."""
    last: date | None = None
    """The last day on which this list holds; None: until the next one begins."""

    def cost(self, cpu: int, memory: int) -> Decimal:
        """Return the exact price of thousandths of a processor times seconds and bytes times seconds."""
        processors = Decimal(cpu) * self.cpu_hour / (1000 * HOUR_SECONDS)
        return processors + Decimal(memory) * self.memory_gib_hour / (GIB_BYTES * HOUR_SECONDS)

    def storage_cost(self, storage: int) -> Decimal:
        """Return the exact price of bytes times seconds of claims."""
        return Decimal(storage) * self.storage_gib_hour / (GIB_BYTES * HOUR_SECONDS)

    def traffic_cost(self, traffic: int) -> Decimal:
        """Return the exact price of bytes through the balancer."""
        return Decimal(traffic) * self.traffic_gib / GIB_BYTES


DEFAULT = Prices("EUR", date(1970, 1, 1), Decimal("0.03"), Decimal("0.004"), Decimal("0.0001"), Decimal("0.01"))
"""What counts until an administrator sets prices: near what a small virtual machine costs, so that reports show
sensible proportions from the first minute."""


class Period(NamedTuple):
    """Part of a report in which one price list holds; seconds since the epoch, the end excluded."""

    begin: int
    end: int
    prices: Prices


def parse(spec: Obj) -> list[Prices]:
    """Return the lists of a PriceList's spec in the order of their days.

    Raises:
        ValueError: naming the field that is wrong, a doubled day, or a mixture of currencies.
    """
    currency = spec.get("currency", "")
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isupper()):
        raise ValueError(f"currency: {currency!r} is not a code of three capital letters such as EUR")
    entries = spec.get("prices") or []
    if not entries:
        raise ValueError("prices: at least one list is needed")
    lists = [_list(currency, index, entry) for index, entry in enumerate(entries)]
    lists.sort(key=lambda one: one.begin)
    for index, (one, other) in enumerate(pairwise(lists)):
        _check_seam(index, one, other)
    return lists


def _check_seam(index: int, one: Prices, other: Prices) -> None:
    """Refuse two lists for one day, and a day without a list."""
    path = f"prices[{index + 1}].from"
    if one.begin == other.begin:
        raise ValueError(f"{path}: {other.begin} is there twice: the lists would overlap")
    if one.last is None:
        return
    if other.begin <= one.last:
        raise ValueError(f"{path}: {other.begin} overlaps the list before it, which holds to {one.last}")
    if other.begin > one.last + timedelta(days=1):
        gap = f"{one.last + timedelta(days=1)} to {other.begin - timedelta(days=1)}"
        raise ValueError(f"{path}: {other.begin} leaves a gap: no list holds from {gap}")


FIELDS = ("from", "to", "cpuHour", "memoryGiBHour", "storageGiBHour", "trafficGiB")


def _list(currency: str, index: int, entry: Any) -> Prices:
    path = f"prices[{index}]"
    if not isinstance(entry, dict):
        raise ValueError(f"{path}: must hold from, cpuHour and memoryGiBHour")  # noqa: TRY004 (bad input)
    unknown = set(entry) - set(FIELDS)
    if unknown:
        raise ValueError(f"{path}.{min(unknown)}: is not known; there are {', '.join(FIELDS)}")
    begin, last = _day(path, entry, "from"), _day(path, entry, "to") if entry.get("to") else None
    if last is not None and last < begin:
        raise ValueError(f"{path}.to: {last} is before {begin} (prices[{index}].from)")
    cpu, memory = _amount(path, entry, "cpuHour"), _amount(path, entry, "memoryGiBHour")
    storage, traffic = (_amount(path, entry, field, absent="0") for field in ("storageGiBHour", "trafficGiB"))
    return Prices(currency, begin, cpu, memory, storage, traffic, last)


def _day(path: str, entry: Obj, field: str) -> date:
    try:
        return date.fromisoformat(str(entry.get(field)))
    except ValueError:
        raise ValueError(f"{path}.{field}: {entry.get(field)!r} is not a day such as 2026-01-31") from None


def _amount(path: str, entry: Obj, field: str, absent: str | None = None) -> Decimal:
    try:
        amount = Decimal(str(entry.get(field, absent)))
    except InvalidOperation:
        raise ValueError(f"{path}.{field}: {entry.get(field)!r} is not a decimal number") from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{path}.{field}: {entry.get(field)} must be zero or more")
    return amount


def periods(lists: Sequence[Prices], begin: int, end: int) -> list[Period]:
    """Return which list holds when within `[begin, end)`; days begin at midnight UTC.

    Raises:
        ValueError: no list holds at the beginning, or at the end.
    """
    starts = [_midnight(one.begin) for one in lists]
    if begin < end and (not starts or starts[0] > begin):
        day = datetime.fromtimestamp(begin, UTC).date()
        raise ValueError(f"no price holds on {day}: add a list whose day is not later")
    last = lists[-1].last if lists else None
    if last is not None and begin < end and end > _midnight(last + timedelta(days=1)):
        raise ValueError(f"no price holds after {last}: add a list that begins on {last + timedelta(days=1)}")
    ends = [*starts[1:], end]
    cut = [Period(max(begin, s), min(end, e), one) for s, e, one in zip(starts, ends, lists, strict=True)]
    return [period for period in cut if period.begin < period.end]


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def month(text: str) -> tuple[int, int]:
    """Return beginning and end of a month such as `2026-11`, in seconds since the epoch.

    Raises:
        ValueError: for other text.
    """
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"month: {text!r} is not a month such as 2026-11") from None
    following = (first + timedelta(days=32)).replace(day=1)
    return int(first.timestamp()), int(following.timestamp())
