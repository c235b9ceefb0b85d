"""Whose word counts on a host's availability."""

import pytest

from bouvier.clusters.driver import APPLIED, Host
from bouvier.clusters.sync.nodes import availability


def host(now):
    return Host("id", "h", ready=True, availability=now, cpu_millis=2000, memory_bytes=1024)


def node(unschedulable, applied):
    return {"metadata": {"annotations": {APPLIED: applied}}, "spec": {"unschedulable": unschedulable}}


@pytest.mark.parametrize(
    ("unschedulable", "applied", "now", "expected"),
    [
        (False, "active", "active", ("keep", "active")),
        (True, "active", "active", ("hold", "pause")),
        (False, "drain", "drain", ("hold", "active")),
        (False, "active", "drain", ("take", "drain")),
        (True, "pause", "active", ("take", "active")),
        (True, "drain", "drain", ("keep", "drain")),
    ],
)
def test_the_side_that_changed_wins(unschedulable, applied, now, expected) -> None:
    """Cordon and uncordon go out; a node paused or drained natively comes back as cordoned."""
    assert availability(node(unschedulable, applied), host(now)) == expected
