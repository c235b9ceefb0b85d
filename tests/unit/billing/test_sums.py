"""Sums of the ledger are exact, whichever way they are made."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.billing.ledger import HostCapacity, Ledger, PodUsage, TrafficUsage, VolumeUsage, Window
from bouvier.billing.sums import VOLUMES, Filter, Sum, capacity, usage

WINDOW = 30
names = st.sampled_from(["a", "b", "c"])
amounts = st.integers(0, 1 << 44)


@st.composite
def windows(draw: st.DrawFn) -> list[Window]:
    """Windows over some hours, with pods, claims and traffic of few names."""
    made = []
    for start in sorted(draw(st.sets(st.integers(0, 500), max_size=8))):
        pods = [
            PodUsage(
                "local", draw(names), f"p{n}", f"u{n}", draw(names), {"app": draw(names)}, 30, *[draw(amounts)] * 4
            )
            for n in range(draw(st.integers(0, 3)))
        ]
        claim = VolumeUsage("local", draw(names), "v", "v", {"app": draw(names)}, 30, draw(amounts))
        carried = TrafficUsage("local", draw(names), "s", draw(names), {}, draw(amounts), draw(amounts))
        hosts = [HostCapacity("local", "h", 30, draw(amounts), draw(amounts))]
        made.append(Window(start * WINDOW, WINDOW, pods, hosts, [claim], [carried]))
    return made


def plain(made: list[Window], by: str, begin: int, end: int, only: Filter) -> dict[str, Sum]:
    """Add up one row after the other."""
    found: dict[str, Sum] = {}

    def add(key: str, namespace: str, labels: dict, amount: Sum) -> None:
        if only.namespace in ("", namespace) and (not only.label or labels.get("app") == only.label[4:]):
            found[key] = found.get(key, Sum()).plus(amount)

    for window in (w for w in made if begin <= w.start < end):
        for p in window.pods:
            key = {"namespace": p.namespace, "host": p.host, "label:app": p.labels["app"]}[by]
            spent = Sum(max(p.cpu_requested, p.cpu_used) * 30, max(p.memory_requested, p.memory_used) * 30)
            add(key, p.namespace, p.labels, spent)
        for v in window.volumes:
            key = {"namespace": v.namespace, "host": VOLUMES, "label:app": v.labels["app"]}[by]
            add(key, v.namespace, v.labels, Sum(storage=v.bytes * 30))
        for t in window.traffic:
            key = {"namespace": t.namespace, "host": t.host, "label:app": "(none)"}[by]
            add(key, t.namespace, {}, Sum(traffic=t.received + t.sent))
    return found


@settings(max_examples=60, deadline=None)
@given(
    made=windows(),
    by=st.sampled_from(["namespace", "host", "label:app"]),
    begin=st.integers(0, 16_000),
    length=st.integers(0, 16_000),
    only=st.sampled_from([Filter(), Filter("a"), Filter("", "app=b"), Filter("c", "app=a")]),
)
def test_hours_and_windows_give_the_same_sums(
    made: list[Window], by: str, begin: int, length: int, only: Filter, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """For any time, grouping and filter the sums are those of adding up each row."""
    ledger = Ledger(tmp_path_factory.mktemp("l") / "l.db")
    for window in made:
        assert ledger.record(window)
        assert not ledger.record(window)

    assert usage(ledger, by, begin, begin + length, only) == plain(made, by, begin, begin + length, only)
    there = [h for w in made if begin <= w.start < begin + length for h in w.hosts]
    assert capacity(ledger, begin, begin + length) == Sum(
        sum(h.cpu_millis * 30 for h in there), sum(h.memory_bytes * 30 for h in there)
    )
    ledger.close()


def test_sums_beyond_what_a_database_counts(tmp_path: Path) -> None:
    """Bytes times seconds of a large platform over a month are more than 2^63."""
    ledger, many = Ledger(tmp_path / "l.db"), 1 << 57
    for hour in range(40):
        pod = PodUsage("local", "a", "p", "p", "h", {}, 30, 0, 0, many, 0)
        ledger.record(Window(hour * 3600, 30, [pod], []))
    assert usage(ledger, "namespace", 0, 40 * 3600)["a"].memory == 40 * 30 * many


def test_a_ledger_of_an_older_version_gets_its_sums(tmp_path: Path) -> None:
    """Windows that were written without sums by hour are in the reports all the same."""
    path = tmp_path / "l.db"
    ledger = Ledger(path)
    pod = PodUsage("local", "a", "p", "p", "h", {}, 30, 500, 0, 0, 0)
    ledger.record(Window(0, 30, [pod], [HostCapacity("local", "h", 30, 1000, 1)]))
    ledger.close()
    with sqlite3.connect(path) as db:
        for table in ("hours", "capacity_hours", "volumes", "traffic", "counters"):
            db.execute(f"DROP TABLE {table}")
    db.close()
    again = Ledger(path)
    assert usage(again, "namespace", 0, 3600)["a"].cpu == 500 * 30
    assert capacity(again, 0, 3600).cpu == 1000 * 30


def test_bad_questions_are_named(tmp_path: Path) -> None:
    """An unknown grouping and a filter without a value are refused."""
    ledger = Ledger(tmp_path / "l.db")
    with pytest.raises(ValueError, match="cannot group by"):
        usage(ledger, "colour", 0, 1)
    with pytest.raises(ValueError, match="is not KEY=VALUE"):
        usage(ledger, "namespace", 0, 1, Filter(label="app"))
