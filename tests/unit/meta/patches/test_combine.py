"""Laying configurations over live objects, and pruning them."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.patches.combine import overlay, prune
from tests.unit.meta.patches.structures import SCALAR, DictStructure, keyed

LIST = DictStructure({"fields": {"l": keyed(["name"], {"name": SCALAR, "a": SCALAR, "b": SCALAR})}})


def order(live: str, applied: str) -> str:
    result = overlay({"l": [{"name": n} for n in live]}, {"l": [{"name": n} for n in applied]}, LIST, [])
    return "".join(item["name"] for item in result["l"])


@pytest.mark.parametrize(
    ("live", "applied", "expected"),
    [
        ("abc", "abc", "abc"),
        ("abc", "cba", "cba"),
        ("ab", "c", "abc"),
        ("abc", "a", "abc"),
        ("abc", "c", "abc"),
        ("abc", "xb", "axbc"),
        ("abc", "ca", "bca"),
        ("", "ab", "ab"),
        ("ab", "", "ab"),
    ],
)
def test_merged_lists_follow_the_configuration(live, applied, expected):
    """Applied items stand in the order of the configuration, live ones around them."""
    assert order(live, applied) == expected


@given(st.permutations("abcde"), st.lists(st.sampled_from("abcxyz"), unique=True))
def test_merged_lists_lose_and_double_nothing(live, applied):
    """Every item of both lists is there once; both relative orders hold where they can."""
    result = order("".join(live), "".join(applied))
    assert sorted(result) == sorted(set(live) | set(applied))
    assert [name for name in result if name in applied] == applied
    assert [name for name in result if name not in applied] == [name for name in live if name not in applied]


def test_nulls_are_set_until_told_otherwise():
    """A null over a value is kept for comparison and reported; a null over nothing is dropped."""
    nulled: list = []
    result = overlay({"a": 1}, {"a": None, "b": None, "c": {"d": None}}, None, nulled)
    assert result == {"a": None, "c": {}}
    assert nulled == [(result, "a")]


def test_repeated_live_items_give_way_to_the_applied_one():
    """Duplicates stay while nobody applies that item."""
    live = {"l": [{"name": "a", "a": 1}, {"name": "a", "a": 2}, {"name": "b"}]}
    assert overlay(copy.deepcopy(live), {"l": [{"name": "b", "a": 3}]}, LIST, [])["l"] == [
        *live["l"][:2],
        {"name": "b", "a": 3},
    ]
    assert overlay(copy.deepcopy(live), {"l": [{"name": "a"}]}, LIST, [])["l"] == [{"name": "a"}, {"name": "b"}]


def test_pruning_keeps_what_is_managed():
    """Only what was dropped goes, items with all that is in them, and fields in which nothing is managed."""
    obj = {"l": [{"name": "a", "a": 1, "b": 2}, {"name": "b", "a": 1}], "s": {"x": 1, "y": 2}, "t": {"x": 1, "z": 1}}
    dropped = {
        "f:l": {'k:{"name":"a"}': {"f:name": {}, "f:a": {}}, 'k:{"name":"b"}': {".": {}, "f:name": {}}},
        "f:s": {"f:x": {}},
        "f:t": {"f:x": {}},
    }
    managed = {"f:l": {'k:{"name":"a"}': {".": {}, "f:b": {}}, 'k:{"name":"b"}': {"f:a": {}}}, "f:s": {"f:y": {}}}
    prune(obj, LIST, dropped, managed)
    assert obj == {"l": [{"name": "a", "b": 2}], "s": {"y": 2}}


def test_emptied_objects_go_unless_owned_empty():
    """What pruning empties disappears, except where somebody owns just the empty object."""
    obj = {"s": {"x": 1}, "t": {"x": 1}}
    prune(obj, None, {"f:s": {"f:x": {}}, "f:t": {"f:x": {}}}, {"f:s": {".": {}, "f:z": {}}, "f:t": {}})
    assert obj == {"t": {}}
