"""A ledger of a million samples: the report over all of it, and what a window costs to write.

Samples are pods in windows of 30 seconds: 1,000 pods over 1,000 windows (8 hours), 20 namespaces, 50 applications. The
floor is SQLite reading the same rows once, without adding anything up.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from bench.options import Options
from bench.table import Figure
from bouvier.billing.ledger import HostCapacity, Ledger, PodUsage, Window
from bouvier.billing.report import Question, make_report
from bouvier.kinds.billing_v1.prices import DEFAULT

GOAL_SECONDS = 2.0
PODS = 1000
BEGIN = 1_795_000_020
"""A time within an hour: the report has parts of hours at both ends."""
GIB = 1024**3


def run(options: Options) -> Iterator[Figure]:
    windows = 50 if options.quick else 1000
    with tempfile.TemporaryDirectory(prefix="ledger") as folder:
        path = Path(folder) / "ledger.db"
        writes = fill(path, windows)
        yield Figure("a window of 1,000 pods written", median(writes) * 1000, "ms")
        reader = Ledger(path, read_only=True)
        floor = timed(lambda: reader.db.execute("SELECT COUNT(uid), MAX(memory_used) FROM usage").fetchone())
        samples = f"{windows * PODS:,} samples"
        for by in ("namespace", "host", "label:app"):
            seconds = timed(lambda by=by: report(path, by, windows))
            what, goal = f"report by {by}", GOAL_SECONDS * 1000
            yield Figure(what, seconds * 1000, "ms", floor * 1000, "rows read once", goal=goal, detail=samples)
        reader.close()


def fill(path: Path, windows: int) -> list[float]:
    """Write the ledger; return the seconds that each window took."""
    ledger = Ledger(path)
    pods = [
        PodUsage("local", f"team-{n % 20}", f"p{n}", f"u{n}", f"h{n % 10}", {"app": f"a{n % 50}"}, 30, 250, n, GIB, 0)
        for n in range(PODS)
    ]
    hosts = [HostCapacity("local", f"h{n}", 30, 32_000, 128 * GIB) for n in range(10)]
    taken = []
    for number in range(windows):
        begin = time.perf_counter()
        ledger.record(Window(BEGIN + number * 30, 30, pods, hosts))
        taken.append(time.perf_counter() - begin)
    ledger.close()
    return taken


def report(path: Path, by: str, windows: int) -> None:
    """Open the ledger and make a report, as a request does."""
    ledger = Ledger(path, read_only=True)
    made = make_report(ledger, [DEFAULT], Question(by, BEGIN, BEGIN + windows * 30))
    assert sum(line.amount for line in made.allocation.lines) == made.allocation.total > 0
    ledger.close()


def timed(work: Callable[[], object]) -> float:
    """Return the median seconds of five runs."""
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return median(taken)
