import pytest

from bouvier.stacks.compose.document import read
from bouvier.stacks.errors import StackError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("22:22", "22:22"),
        ("yes", "yes"),
        ("true", True),
        ("0440", 288),
        ("10", 10),
        ("1.5", 1.5),
        ("'7'", "7"),
        ("~", None),
    ],
)
def test_scalars_are_read_as_compose_reads_them(text: str, value: object) -> None:
    """Ports stay text, file modes are octal, quotes keep text."""
    assert read(f"a: {text}", "f").data == {"a": value}


def test_a_broken_line_is_named() -> None:
    """An error of YAML has line and column."""
    with pytest.raises(StackError, match=r"^f.yml:4:4: not YAML"):
        read("services:\n  web:\n   image: [a\n  x: }", "f.yml")


def test_a_key_that_stands_twice_is_refused() -> None:
    """Neither of two values is silently lost."""
    with pytest.raises(StackError, match="f:3:3: b: c stands twice"):
        read("b:\n  c: 1\n  c: 2\n", "f")


def test_merge_keys_fill_in() -> None:
    """`<<` gives what a mapping does not have itself."""
    text = "x: &base {a: 1, b: 2}\ny:\n  <<: *base\n  b: 3\n"
    assert read(text, "f").data["y"] == {"a": 1, "b": 3}


def test_places_lead_to_values() -> None:
    """A path without a place of its own leads to what is around it."""
    document = read("services:\n  web:\n    ports:\n      - 80\n", "f")
    assert str(document.place("services.web.ports[0]")) == "f:4:9"
    assert str(document.place("services.web.ports[5]")) == "f:4:7"
