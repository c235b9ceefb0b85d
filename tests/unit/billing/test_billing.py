"""Money: prices, allocation, ledger and invoices."""

import csv
import io
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.billing.allocation import IDLE, UNIT, allocate
from bouvier.billing.invoice import COLUMNS, DRAFT, Invoice, as_csv, as_pdf
from bouvier.billing.ledger import HostCapacity, Ledger, PodUsage, TrafficUsage, VolumeUsage, Window
from bouvier.billing.report import Question, make_report
from bouvier.billing.sampling import WINDOW_SECONDS, host_rows, pod_rows
from bouvier.billing.sums import capacity as capacity_of
from bouvier.billing.sums import usage as usage_of
from bouvier.kinds.billing_v1.prices import DEFAULT, month, parse, periods

amounts = st.decimals(0, 10**6, places=9, allow_nan=False)


keys = st.text(min_size=1, max_size=5)


@given(
    used=st.dictionaries(keys, amounts, max_size=30),
    spare=amounts,
    share=st.booleans(),
    direct=st.dictionaries(st.tuples(keys, st.sampled_from(["storage", "traffic"])), amounts, max_size=20),
)
def test_lines_and_their_parts_sum_to_the_total(
    used: dict[str, Decimal], spare: Decimal, share: bool, direct: dict[tuple[str, str], Decimal]
) -> None:
    """With storage and traffic too, parts add up to lines and lines to the total."""
    offered = sum(used.values(), Decimal(0)) + spare
    result = allocate(used, offered, share_idle=share, direct=direct)

    assert sum((line.amount for line in result.lines), Decimal(0)) == result.total
    assert all(sum(line.parts.values(), Decimal(0)) == line.amount for line in result.lines)
    assert abs(result.total - offered - sum(direct.values(), Decimal(0))) <= UNIT


@given(used=st.dictionaries(keys, amounts, max_size=30), spare=amounts, share=st.booleans())
def test_lines_sum_to_the_total(used: dict[str, Decimal], spare: Decimal, share: bool) -> None:
    """Whatever is shared out, the rounded lines add up to the total to the last unit, and none is off by more than one."""
    offered = sum(used.values(), Decimal(0)) + spare
    result = allocate(used, offered, share_idle=share)

    assert sum((line.amount for line in result.lines), Decimal(0)) == result.total
    assert abs(result.total - offered) <= UNIT
    if not share:
        exact = {**used, IDLE: spare}
        assert all(abs(line.amount - exact[line.key]) <= UNIT for line in result.lines)


def usage(uid: str, namespace: str = "default", app: str = "web", cpu: int = 500, used: int = 100) -> PodUsage:
    return PodUsage("local", namespace, uid, uid, "h1", {"app": app}, 30, cpu, used, 1024**3, 0)


HOST = HostCapacity("local", "h1", 30, 2000, 4 * 1024**3)


def test_a_window_is_written_once(tmp_path: Path) -> None:
    """A recorder that repeats a window after a kill counts nothing twice."""
    ledger = Ledger(tmp_path / "l.db")
    assert ledger.record(Window(0, 30, [usage("a")], [HOST]))
    assert not ledger.record(Window(0, 30, [usage("a"), usage("b")], [HOST]))
    again = Ledger(tmp_path / "l.db")

    assert again.last_end() == 30
    assert {key: found.cpu for key, found in usage_of(again, "namespace", 0, 100).items()} == {"default": 500 * 30}
    assert capacity_of(again, 0, 100).cpu == 2000 * 30


def test_reports_group_by_what_is_asked(tmp_path: Path) -> None:
    """By namespace, host, cluster or a label, the lines sum to what the hosts cost."""
    ledger = Ledger(tmp_path / "l.db")
    ledger.record(Window(0, 30, [usage("a"), usage("b", "team", "db")], [HOST]))
    for by, keys in (
        ("namespace", {"default", "team"}),
        ("host", {"h1"}),
        ("cluster", {"local"}),
        ("label:app", {"web", "db"}),
    ):
        report = make_report(ledger, [DEFAULT], Question(by, 0, 60))
        assert {line.key for line in report.allocation.lines} == keys | {IDLE}
        assert sum(line.amount for line in report.allocation.lines) == report.allocation.total > 0
    with pytest.raises(ValueError, match="cannot group by"):
        make_report(ledger, [DEFAULT], Question("colour", 0, 60))


def test_reserved_or_used_whichever_is_more(tmp_path: Path) -> None:
    """A pod that uses more than it reserved pays for what it used."""
    ledger = Ledger(tmp_path / "l.db")
    ledger.record(Window(0, 30, [usage("a", cpu=100, used=700)], [HOST]))

    assert usage_of(ledger, "namespace", 0, 60)["default"].cpu == 700 * 30


def test_a_million_rows_are_reported(tmp_path: Path) -> None:
    """A long history sums up exactly."""
    ledger = Ledger(tmp_path / "l.db")
    for start in range(0, 300, 30):
        ledger.record(Window(start, 30, [usage(f"p{n}") for n in range(1000)], [HOST]))

    assert usage_of(ledger, "namespace", 0, 1000)["default"].cpu == 10 * 1000 * 500 * 30


def lists(*days: str) -> dict:
    return {
        "currency": "EUR",
        "prices": [{"from": d, "cpuHour": str(n + 1), "memoryGiBHour": "0"} for n, d in enumerate(days)],
    }


def until(last: str, *days: str) -> dict:
    spec = lists(*days)
    spec["prices"][0]["to"] = last
    return spec


def test_storage_and_traffic_are_parts_of_a_line(tmp_path: Path) -> None:
    """Claims and bytes through the balancer cost what the list says, beside what the pods cost; nothing of them is idle."""
    ledger = Ledger(tmp_path / "l.db")
    claim = VolumeUsage("local", "default", "data", "v", {"app": "web"}, 30, 1024**3)
    carried = TrafficUsage("local", "team", "api", "h1", {"app": "api"}, 1024**3, 1024**3)
    ledger.record(Window(0, 30, [usage("a")], [HOST], [claim], [carried]))
    entry = {"from": "1970-01-01", "cpuHour": "1", "memoryGiBHour": "0", "storageGiBHour": "12", "trafficGiB": "0.5"}
    [prices] = parse({"currency": "EUR", "prices": [entry]})
    found = {line.key: line for line in make_report(ledger, [prices], Question("namespace", 0, 60)).allocation.lines}

    assert found["default"].parts["storage"] == Decimal("0.1")
    assert found["team"].parts == {"traffic": Decimal(1)}
    assert set(found[IDLE].parts) == {"compute"}
    assert found["default"].amount == sum(found["default"].parts.values())
    only = make_report(ledger, [prices], Question("namespace", 0, 60, label="app=api"))
    assert (only.allocation.total, len(only.allocation.lines)) == (Decimal(1), 1)


def test_a_list_with_an_end_needs_a_next_one() -> None:
    """Lists that follow one another day by day are taken; a time behind the last of them is refused."""
    made = parse(until("2026-01-31", "2026-01-01", "2026-02-01"))
    assert len(made) == 2
    with pytest.raises(ValueError, match="no price holds after 2026-01-31: add a list that begins on 2026-02-01"):
        periods(made[:1], *month("2026-02"))


def test_prices_change_at_midnight() -> None:
    """Each list holds from its day until the next begins."""
    begin, end = (int(datetime(2026, 1, day, tzinfo=UTC).timestamp()) for day in (1, 21))
    cut = periods(parse(lists("2026-01-11", "2025-01-01")), begin, end)

    assert [(p.end - p.begin) // 86400 for p in cut] == [10, 10]
    assert [p.prices.cpu_hour for p in cut] == [Decimal(2), Decimal(1)]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"currency": "euro", "prices": []}, "currency"),
        ({"currency": "EUR", "prices": []}, "at least one"),
        (lists("2026-13-01"), r"prices\[0\].from"),
        (lists("2026-01-01", "2026-01-01"), "overlap"),
        (
            until("2026-01-31", "2026-01-01", "2026-02-03"),
            r"prices\[1\].from: 2026-02-03 leaves a gap: no list holds from",
        ),
        (until("2026-02-03", "2026-01-01", "2026-02-03"), r"prices\[1\].from: 2026-02-03 overlaps the list before it"),
        (until("2025-02-03", "2026-01-01"), r"prices\[0\].to: 2025-02-03 is before 2026-01-01"),
        (lists("2026-01-01") | {"prices": [{"from": "2026-01-01", "gpuHour": "1"}]}, "gpuHour: is not known"),
        ({"currency": "EUR", "prices": [{"from": "2026-01-01", "cpuHour": "-1", "memoryGiBHour": "0"}]}, "cpuHour"),
        (
            {"currency": "EUR", "prices": [{"from": "2026-01-01", "cpuHour": "1", "memoryGiBHour": "x"}]},
            "memoryGiBHour",
        ),
    ],
)
def test_bad_prices_are_named(spec: dict, message: str) -> None:
    """A wrong price list is refused with the field."""
    with pytest.raises(ValueError, match=message):
        parse(spec)


def test_a_time_without_price_is_refused() -> None:
    """A gap before the first list is not billed at nothing."""
    with pytest.raises(ValueError, match="no price holds on 1970-01-01"):
        periods(parse(lists("2026-01-01")), 0, 100)


def test_pods_count_from_their_start() -> None:
    """A pod pays for the part of the window in which it held its host."""
    start = int(time.time()) // 30 * 30
    began = datetime.fromtimestamp(start + 10, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    container = {"resources": {"requests": {"cpu": "250m", "memory": "64Mi"}}}
    pod = {
        "metadata": {"name": "a", "namespace": "default", "uid": "u"},
        "spec": {"nodeName": "h1", "containers": [container]},
        "status": {"phase": "Running", "startTime": began},
    }
    [row] = pod_rows("local", [pod, {**pod, "spec": {"containers": []}}], {("default", "a"): (40, 5)}, start)

    assert (row.seconds, row.cpu_requested, row.memory_requested, row.cpu_used) == (
        WINDOW_SECONDS - 10,
        250,
        64 * 1024**2,
        40,
    )
    assert host_rows("local", [{"metadata": {"name": "h"}, "status": {}}]) == []


def test_invoices_say_the_same_in_both_forms() -> None:
    """CSV has the FOCUS columns and every line; PDF is one."""
    invoice = Invoice(DRAFT, "team", "2026-11", "EUR", [("web", "1.500000"), ("dbé→", "0.500000")], "2.000000")
    rows = list(csv.DictReader(io.StringIO(as_csv(invoice))))

    assert list(rows[0]) == COLUMNS
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(invoice.total)
    assert rows[0]["ChargePeriodStart"] == "2026-11-01T00:00:00Z"
    assert as_pdf(invoice).startswith(b"%PDF")
    parts = {"web": {"compute": "1.000000", "traffic": "0.400000", "storage": "0.100000"}}
    rows = list(csv.DictReader(io.StringIO(as_csv(invoice._replace(parts=parts)))))
    assert [row["ServiceCategory"] for row in rows] == ["Compute", "Networking", "Storage", "Compute"]
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(invoice.total)
    assert month("2026-12")[1] == int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
