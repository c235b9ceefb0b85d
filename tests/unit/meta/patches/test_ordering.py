"""The order of merged lists."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.patches.ordering import ordered

ITEMS = st.lists(st.sampled_from("abcdef"), unique=True)


def identity(item):
    return item


def test_unnamed_items_stay_before_what_they_preceded():
    """An item that the patch does not name stays before the named items that it preceded."""
    assert ordered(list("abcd"), "da", "abcd", identity) == ["b", "c", "d", "a"]


@given(ITEMS, ITEMS)
def test_both_orders_are_kept(previous, preferred):
    """The result is a permutation that keeps the preferred order and the order of the rest."""
    merged = list(dict.fromkeys(previous + preferred))
    result = ordered(merged, preferred, previous, identity)
    assert sorted(result) == sorted(merged)
    assert [item for item in result if item in preferred] == preferred
    assert [item for item in result if item not in preferred] == [item for item in previous if item not in preferred]
