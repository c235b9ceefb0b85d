"""Copies of documents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.copies import copy_json

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
)
JSON = st.recursive(
    SCALARS | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(JSON)
def test_a_copy_is_equal(value):
    """Every JSON value survives being copied, types included."""
    assert repr(copy_json(value)) == repr(value)


def test_a_copy_shares_nothing():
    """Changing the copy leaves the original alone."""
    original = {"a": [{"b": 1}]}
    copy_json(original)["a"][0]["b"] = 2
    assert original == {"a": [{"b": 1}]}


def test_what_is_nested_too_deeply_is_a_bad_request():
    """Depth is bounded here, so that no recursion behind it can fail."""
    value: list = []
    for _ in range(300):
        value = [value]
    with pytest.raises(ApiError, match="cannot be represented"):
        copy_json(value)
