"""Conditions of objects."""

from datetime import timedelta

from bouvier.controllers.runtime.conditions import find, put, without
from tests.unit.controllers.making import NOW, text


def condition(status, reason="R", message=""):
    return {"type": "T", "status": status, "reason": reason, "message": message}


def test_the_transition_time_moves_only_with_the_status():
    """`kubectl wait` and people measure from when the status changed."""
    first = put([], condition("True"), NOW)
    later = NOW + timedelta(minutes=1)
    assert put(first, condition("True"), later) is first
    assert find(put(first, condition("True", "Other"), later), "T")["lastTransitionTime"] == text(NOW)
    assert find(put(first, condition("False"), later), "T")["lastTransitionTime"] == text(later)
    assert without(first, "T") == []
