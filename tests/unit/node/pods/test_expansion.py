"""Expansion of references to variables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.node.pods.expansion import expand


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)-$(B)", "a-$(B)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$a"),
        ("$A ${A} $", "$A ${A} $"),
        ("$(A", "$(A"),
    ],
)
def test_references(text: str, expected: str) -> None:
    """Known names are replaced, unknown ones stay, a doubled dollar is one."""
    assert expand(text, {"A": "a"}) == expected


@given(st.text().filter(lambda text: "$" not in text))
def test_other_text_stays(text: str) -> None:
    """Nothing but references is touched."""
    assert expand(text, {"A": "a"}) == text
