"""What flow control counts, and its page of metrics in Prometheus' text form.

Names and labels are the original's. Source: https://kubernetes.io/docs/reference/instrumentation/metrics/
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PREFIX = "apiserver_flowcontrol_"
SECONDS = (0.0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
LENGTHS = (0.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)
SEATS = (1.0, 2.0, 4.0, 10.0)
WATCHERS = (0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0)


class Histogram:
    """How often values were observed, by upper bound."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += times
        self.total += value * times

    def lines(self, name: str, labels: str) -> Iterable[str]:
        """Yield the lines of one series."""
        count = 0
        for bound, more in zip((*self._bounds, None), self._counts, strict=True):
            count += more
            text = "+Inf" if bound is None else f"{bound:g}"
            yield f'{name}_bucket{{{labels},le="{text}"}} {count}'
        yield f"{name}_sum{{{labels}}} {self.total:g}"
        yield f"{name}_count{{{labels}}} {count}"


@dataclass(slots=True, eq=False)
class Figures:
    """The counts of one FlowSchema at one level."""

    level: str
    schema: str
    dispatched: int = 0
    executing: int = 0
    seats: int = 0
    waiting: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    """By reason: `queue-full`, `concurrency-limit`, `time-out`, `cancelled`."""
    lengths: Histogram = field(default_factory=lambda: Histogram(LENGTHS))
    waited: dict[bool, Histogram] = field(default_factory=dict)
    """By whether the request was executed after it."""
    executed: dict[str, Histogram] = field(default_factory=dict)
    """By kind of request: `list`, `watch`, `regular`."""
    narrow: int = 0
    """Requests of one seat that `estimates` does not hold yet: nearly all are, and adding to a number costs less."""
    unheard: int = 0
    """Writes told to nobody that `watchers` does not hold yet."""
    estimates: Histogram = field(default_factory=lambda: Histogram(SEATS))
    watchers: Histogram = field(default_factory=lambda: Histogram(WATCHERS))

    @property
    def labels(self) -> str:
        """Return the labels that every series of these has."""
        return f'flow_schema="{self.schema}",priority_level="{self.level}"'

    def settle(self) -> None:
        """Bring the histograms up to date."""
        self.estimates.add(1, self.narrow)
        self.watchers.add(0, self.unheard)
        self.narrow = self.unheard = 0

    def reject(self, reason: str) -> None:
        """Count a refusal."""
        self.rejected[reason] = self.rejected.get(reason, 0) + 1

    def add_wait(self, seconds: float, *, executed: bool) -> None:
        """Count a wait in a queue."""
        self.waited.setdefault(executed, Histogram(SECONDS)).add(seconds)

    def add_execution(self, verb: str, seconds: float) -> None:
        """Count an execution."""
        kind = verb if verb in ("list", "watch") else "regular"
        histogram = self.executed.get(kind)
        if histogram is None:
            histogram = self.executed[kind] = Histogram(SECONDS)
        histogram.add(seconds)


@dataclass(frozen=True, slots=True)
class LevelFigures:
    """The limits of one level as they are now."""

    name: str
    nominal: int
    low: int
    high: int
    limit: int
    """What it could use at this moment."""
    virtual: float


def page(levels: Sequence[LevelFigures], figures: Sequence[Figures]) -> str:
    """Return every metric of flow control."""
    for one in figures:
        one.settle()
    return "\n".join([*_counts(figures), *_histograms(figures), *_limits(levels)]) + "\n"


def _head(name: str, kind: str, text: str) -> list[str]:
    return [f"# HELP {PREFIX}{name} {text}", f"# TYPE {PREFIX}{name} {kind}"]


def _counts(figures: Sequence[Figures]) -> Iterable[str]:
    yield from _head("dispatched_requests_total", "counter", "Requests that were executed.")
    yield from (f"{PREFIX}dispatched_requests_total{{{one.labels}}} {one.dispatched}" for one in figures)
    yield from _head("rejected_requests_total", "counter", "Requests that were refused, by reason.")
    for one in figures:
        for reason, count in sorted(one.rejected.items()):
            yield f'{PREFIX}rejected_requests_total{{{one.labels},reason="{reason}"}} {count}'
    for name, text, attribute in (
        ("current_inqueue_requests", "Requests that wait in queues.", "waiting"),
        ("current_executing_requests", "Requests that are executed; a watch until it has begun.", "executing"),
        ("current_executing_seats", "Seats that executed requests hold.", "seats"),
    ):
        yield from _head(name, "gauge", text)
        yield from (f"{PREFIX}{name}{{{one.labels}}} {getattr(one, attribute)}" for one in figures)


def _histograms(figures: Sequence[Figures]) -> Iterable[str]:
    name = "request_queue_length_after_enqueue"
    yield from _head(name, "histogram", "Length of the queue that a request was put into.")
    for one in figures:
        yield from one.lengths.lines(PREFIX + name, one.labels)
    name = "request_wait_duration_seconds"
    yield from _head(name, "histogram", "Time that requests waited in queues.")
    for one in figures:
        for executed, histogram in one.waited.items():
            yield from histogram.lines(PREFIX + name, f'execute="{str(executed).lower()}",{one.labels}')
    name = "request_execution_seconds"
    yield from _head(name, "histogram", "Time that requests held their seats.")
    for one in figures:
        for kind, histogram in one.executed.items():
            yield from histogram.lines(PREFIX + name, f'{one.labels},type="{kind}"')
    name = "work_estimated_seats"
    yield from _head(name, "histogram", "Seats that requests were estimated to need.")
    for one in figures:
        yield from one.estimates.lines(PREFIX + name, one.labels)
    name = "watch_count_samples"
    yield from _head(name, "histogram", "Watchers that were told of a write.")
    for one in figures:
        yield from one.watchers.lines(PREFIX + name, one.labels)


def _limits(levels: Sequence[LevelFigures]) -> Iterable[str]:
    for name, text, attribute in (
        ("nominal_limit_seats", "Seats that are a level's own.", "nominal"),
        ("lower_limit_seats", "Seats that a level never lends.", "low"),
        ("upper_limit_seats", "Seats beyond which a level never goes.", "high"),
        ("current_limit_seats", "Seats that a level could use at this moment.", "limit"),
        ("current_r", "Virtual time of a level's queues.", "virtual"),
    ):
        yield from _head(name, "gauge", text)
        yield from (f'{PREFIX}{name}{{priority_level="{one.name}"}} {getattr(one, attribute):g}' for one in levels)
