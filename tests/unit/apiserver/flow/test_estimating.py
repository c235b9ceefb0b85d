"""Seats of requests."""

import pytest

from bouvier.apiserver.flow.estimating import list_seats, watch_seats, write_seats


@pytest.mark.parametrize(
    ("query", "stored", "seats"),
    [
        ({}, 0, 1),
        ({}, 100, 1),
        ({}, 101, 2),
        ({}, 100_000, 10),
        ({"limit": "50"}, 100_000, 1),
        ({"limit": "500"}, 100_000, 5),
        ({"limit": "50", "labelSelector": "a=b"}, 500, 5),
        ({"fieldSelector": "metadata.name=a"}, 100_000, 1),
        ({"limit": "x"}, 300, 3),
    ],
)
def test_lists_are_as_wide_as_what_they_read(query, stored, seats):
    """A hundred objects a seat, ten seats at most; a page costs a page unless it must be searched for."""
    assert list_seats(query, stored) == seats


def test_a_watch_costs_what_it_begins_with():
    """Only a watch that starts with the present objects is wide."""
    assert watch_seats({"resourceVersion": "7"}, 1000) == 1
    assert watch_seats({}, 1000) == 10
    assert watch_seats({"sendInitialEvents": "true", "resourceVersion": "7"}, 500) == 5
    assert watch_seats({"sendInitialEvents": "false"}, 500) == 1


def test_writes_cost_by_those_who_are_told():
    """25 watchers a seat."""
    assert [write_seats(count) for count in (0, 25, 26, 10_000)] == [1, 1, 2, 10]
