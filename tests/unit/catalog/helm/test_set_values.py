"""`--set` in Helm's notation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.catalog.helm.errors import ValuesError
from bouvier.catalog.helm.set_values import apply_set, put_value


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a=1,b=two", {"a": 1, "b": "two"}),
        ("a.b.c=true", {"a": {"b": {"c": True}}}),
        ("a[1].b=x", {"a": [None, {"b": "x"}]}),
        ("a={1,b,null}", {"a": [1, "b", None]}),
        ("a={}", {"a": []}),
        (r"a\.b=c\,d", {"a.b": "c,d"}),
        ("a=007,b=-0,c=1.5", {"a": "007", "b": 0, "c": "1.5"}),
        ("a=", {"a": ""}),
        ("a=null", {"a": None}),
    ],
)
def test_assignments(text: str, values: dict[str, Any]) -> None:
    """Paths, lists, escapes and types."""
    found: dict[str, Any] = {}
    apply_set(found, text)
    assert found == values


@pytest.mark.parametrize("text", ["a", "=1", "a..b=1", "a.=1", "a[99999999]=1", "[=1"])
def test_what_is_no_assignment(text: str) -> None:
    """It is refused and shown."""
    with pytest.raises(ValuesError, match="--set"):
        apply_set({}, text)


@given(texts=st.dictionaries(st.text("ab.,={}[]\\é ", min_size=1), st.text("xy.,={}\\ \n"), max_size=4))
def test_an_escaped_assignment_gives_what_was_meant(texts: dict[str, str]) -> None:
    """Any key and any text, once their special signs are escaped."""

    def escaped(text: str) -> str:
        return "".join(f"\\{sign}" if sign in ".,={}[]\\" else sign for sign in text)

    values: dict[str, Any] = {}
    for key, text in texts.items():
        apply_set(values, f"{escaped(key)}={escaped(text)}", as_text=True)
    assert values == texts


def test_a_text_at_a_path() -> None:
    """What --set-file does: nothing in the text is special."""
    values: dict[str, Any] = {"a": {"b": 1}}
    put_value(values, "a.c", "x,y={z}\n")
    assert values == {"a": {"b": 1, "c": "x,y={z}\n"}}
