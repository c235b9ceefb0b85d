"""Field selectors: text, matching and escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.selectors import FieldRequirement, FieldSelector, parse_field_selector


def test_requirements_are_read_in_order():
    """Both equality signs and inequality are understood; empty terms are skipped."""
    selector = parse_field_selector("metadata.name=a,status.phase!=Running,,spec.nodeName==h1,x=")
    assert selector.requirements == (
        ("metadata.name", False, "a"),
        ("status.phase", True, "Running"),
        ("spec.nodeName", False, "h1"),
        ("x", False, ""),
    )


def test_matching_asks_for_each_field():
    """All requirements must hold."""
    selector = parse_field_selector("spec.nodeName=h1,status.phase!=Failed")
    assert selector.matches({"spec.nodeName": "h1", "status.phase": "Running"}.__getitem__)
    assert not selector.matches({"spec.nodeName": "h1", "status.phase": "Failed"}.__getitem__)
    assert parse_field_selector("").empty
    assert parse_field_selector("").matches(lambda _field: "")


@pytest.mark.parametrize("text", ["a", "=b", "a=b\\", "a=b=c", "a=b\\x", "!=b", "a>b"])
def test_malformed_text_is_refused(text):
    """A term without an operator and a wrong escape are refused."""
    with pytest.raises(ValueError, match="selector"):
        parse_field_selector(text)


@given(st.lists(st.tuples(st.sampled_from(["a", "b.c"]), st.booleans(), st.text(max_size=8)), max_size=3))
def test_text_round_trip(terms):
    """Any value survives being written and read, whatever characters it holds."""
    selector = FieldSelector(tuple(FieldRequirement(*term) for term in terms))
    assert parse_field_selector(str(selector)) == selector
