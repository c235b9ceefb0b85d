"""JSON merge patch: the examples of RFC 7386 and its laws."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.patches.merge import merge_patch

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
KEYS = st.sampled_from(["a", "b", "c"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


def without_nulls(value):
    """Drop null members of objects, not items of lists: what a merge patch can express."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value


def make_merge_patch(old, new):
    """Return the merge patch that leads from one document to the other."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    patch = {key: None for key in old if key not in new}
    patch |= {key: make_merge_patch(old.get(key), value) for key, value in new.items() if old.get(key, ...) != value}
    return patch


@pytest.mark.parametrize(
    ("doc", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_examples_of_the_rfc(doc, patch, expected):
    """The table in the appendix of RFC 7386."""
    assert merge_patch(doc, patch) == expected


@given(JSON, JSON)
def test_arguments_stay_as_they_are(doc, patch):
    """Neither argument is changed, nor does changing the result reach them."""
    before = copy.deepcopy((doc, patch))
    result = merge_patch(doc, patch)
    if isinstance(result, dict):
        for value in result.values():
            if isinstance(value, dict | list):
                value.clear()
    assert (doc, patch) == before


@given(JSON, JSON)
def test_patching_twice_is_patching_once(doc, patch):
    """A merge patch is idempotent."""
    once = merge_patch(doc, patch)
    assert merge_patch(once, patch) == once


@given(JSON)
def test_the_empty_patch_changes_no_object(doc):
    """`{}` keeps an object and turns everything else into one."""
    assert merge_patch(doc, {}) == (doc if isinstance(doc, dict) else {})


@given(JSON.map(without_nulls), JSON.map(without_nulls))
def test_difference_leads_from_one_document_to_the_other(old, new):
    """Applying the difference of two documents to the first gives the second."""
    assert merge_patch(old, make_merge_patch(old, new)) == new
