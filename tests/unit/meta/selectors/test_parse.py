"""The text form of label selectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.selectors import parse_label_selector


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("  ", ""),
        ("app=web", "app=web"),
        ("app==web", "app=web"),
        ("app = web , tier != db", "app=web,tier!=db"),
        ("app", "app"),
        ("!app", "!app"),
        ("! app", "!app"),
        ("app in (web)", "app=web"),
        ("app in (b,a)", "app in (a,b)"),
        ("app notin ( a , b )", "app notin (a,b)"),
        ("app=", "app="),
        ("app=,x", "app=,x"),
        ("app in (,a)", "app in (,a)"),
        ("app in (,)", "app="),
        ("in in (in, notin)", "in in (in,notin)"),
        ("a=in", "a=in"),
        ("x>1", "x>1"),
        ("x<1", "x<1"),
        ("example.com/name=a.b-c_d", "example.com/name=a.b-c_d"),
    ],
)
def test_accepted_forms(text, canonical):
    """Each form of the selector language is read, and written in one way."""
    assert str(parse_label_selector(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "=", "a=b=c", "a,", ",a", "a,,b", "a in", "a in b", "a in (b", "a in (b c)", "a in ()", "a (b)", "(a)", "a!", "!a=b",
        "a=b c", "a!b", "a in b)", "x>y", "a=b)", "a==(b)", "ä=b", "a=b/c", "!", "!!a",
    ],
)  # fmt: skip
def test_malformed_text_is_refused(text):
    """What is not a selector is a ValueError."""
    with pytest.raises(ValueError, match=r".+"):
        parse_label_selector(text)


@given(st.text(alphabet="ab=!,()<> in", max_size=14))
def test_any_text_is_a_selector_or_a_value_error(text):
    """Parsing ends in a selector whose text means the same, or in a refusal."""
    try:
        selector = parse_label_selector(text)
    except ValueError:
        return
    assert parse_label_selector(str(selector)) == selector
