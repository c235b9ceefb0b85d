import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.stacks.compose.interpolation import VariableError, escape, substitute

VALUES = {"X": "x", "EMPTY": "", "Y": "y"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$X-${X}", "x-x"),
        ("$$X", "$X"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${NO-d}", "d"),
        ("${NO:-${Y}z}", "yz"),
        ("${X:+set}", "set"),
        ("${EMPTY:+set}", ""),
        ("${EMPTY+set}", "set"),
        ("${X:?must}", "x"),
        ("a$NO.b", "a.b"),
    ],
)
def test_every_form_of_a_variable(text: str, value: str) -> None:
    """The forms of the Compose specification."""
    assert substitute(text, VALUES, lambda _name: None) == value


@pytest.mark.parametrize("text", ["${NO:?is needed}", "${EMPTY:?is needed}", "${X", "${1}", "$1", "${X!}"])
def test_what_cannot_be_replaced_is_refused(text: str) -> None:
    """A required variable without a value, and what is no expression."""
    with pytest.raises(VariableError):
        substitute(text, VALUES, lambda _name: None)


@given(st.text())
def test_escaping_undoes_interpolation(text: str) -> None:
    """Any text comes back as it was."""
    assert substitute(escape(text), {}, lambda _name: None) == text
