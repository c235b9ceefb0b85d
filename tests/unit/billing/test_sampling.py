"""What a window holds: parts of it, pods that came and went, claims, and what counters grew by."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.billing.ledger import Counter
from bouvier.billing.sampling import Gone, pod_rows, seconds_in, traffic_rows, volume_rows

START = 1_795_000_020
GIB = 1024**3


def text(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(begun: float, ended: float = 0.0, uid: str = "u") -> dict:
    state = {"terminated": {"finishedAt": text(ended)}} if ended else {"running": {}}
    status = {"phase": "Succeeded" if ended else "Running", "startTime": text(begun)}
    container = {"resources": {"requests": {"cpu": "1"}}}
    metadata = {"name": uid, "namespace": "default", "uid": uid}
    return {
        "metadata": metadata,
        "spec": {"nodeName": "h1", "containers": [container]},
        "status": status | {"containerStatuses": [{"state": state}]},
    }


@pytest.mark.parametrize(
    ("begun", "ended", "removed", "seconds"),
    [
        (START - 100, 0, 0, 30),
        (START + 10, 0, 0, 20),
        (START + 5, START + 12, 0, 7),  # within the window
        (START + 5, START + 5, 0, 1),  # within a second
        (START + 5, 0, START + 9.9, 4),  # removed before anything ended
        (START - 100, START - 50, 0, 0),
        (START - 100, START + 3, START + 20, 3),  # ended, then removed
        (START + 31, 0, 0, 0),
    ],
)
def test_a_pod_pays_for_its_seconds(begun: float, ended: float, removed: float, seconds: int) -> None:
    """From start to end, whichever is known first, within the window."""
    assert seconds_in(pod(begun, ended), START, removed) == seconds


@given(st.integers(-90, 90), st.integers(0, 120))
def test_windows_cut_a_life_into_parts_that_add_up(offset: int, length: int) -> None:
    """The seconds of all windows together are the pod's life, at least one second."""
    begun = START + offset
    one = pod(begun, begun + length)
    assert sum(seconds_in(one, START + 30 * n) for n in range(-5, 10)) == max(1, length)


def test_a_pod_that_left_within_the_window_is_billed_once() -> None:
    """One that is both in the cache and among the gone counts once, one that never had a host not at all."""
    left, unplaced = pod(START + 2, uid="a"), pod(START + 2, uid="b")
    unplaced["spec"].pop("nodeName")
    rows = pod_rows("local", [], {}, START, [Gone(left, START + 12.0), Gone(unplaced, START + 12.0)])
    assert [(row.uid, row.seconds) for row in rows] == [("a", 10)]
    assert len(pod_rows("local", [left], {}, START, [Gone(left, START + 12.0)])) == 1


def test_only_bound_claims_are_billed_by_the_size_they_got() -> None:
    """From their making on; what waits for a volume costs nothing."""
    metadata = {"name": "c", "namespace": "default", "uid": "c", "creationTimestamp": text(START + 20)}
    claim = {"metadata": metadata, "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}}}
    pending = {"metadata": metadata, "status": {"phase": "Pending"}}
    [row] = volume_rows("local", [claim, pending], START)
    assert (row.bytes, row.seconds) == (2 * GIB, 10)
    assert volume_rows("local", [claim], START - 60) == []


def report(epoch: str, received: int, sent: int) -> dict:
    entry = {"namespace": "default", "name": "web", "received": received, "sent": sent}
    return {"metadata": {"name": "h1"}, "epoch": epoch, "services": [entry]}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 1000), st.integers(0, 1000)), max_size=20))
def test_what_counters_grew_by_adds_up(steps: list[tuple[bool, int, int]]) -> None:
    """Over new epochs and repeated looks, every byte is counted once."""
    counted: dict = {}
    epoch, received, sent, total, expected = 0, 0, 0, 0, 0
    for is_new, more_in, more_out in steps:
        if is_new:
            epoch, received, sent = epoch + 1, 0, 0
        received, sent, expected = received + more_in, sent + more_out, expected + more_in + more_out
        for _ in range(2):  # a second look finds nothing more
            made = traffic_rows("local", [report(str(epoch), received, sent)], counted, lambda *_: {"app": "web"})
            counted |= made.counters
            total += sum(row.received + row.sent for row in made.rows)
    assert total == expected


def test_a_counter_that_shrank_is_not_a_refund() -> None:
    """A count that lost something without telling is taken as it is, and nothing is charged back."""
    counted = {("h1", "default", "web"): Counter("e", 100, 100)}
    made = traffic_rows("local", [report("e", 40, 150)], counted, lambda *_: {})
    assert [(row.received, row.sent) for row in made.rows] == [(0, 50)]
