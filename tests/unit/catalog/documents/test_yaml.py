"""YAML that is written is read back, and what is not YAML is named with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.catalog.documents.yaml_reading import YamlError, read_all, read_yaml
from bouvier.catalog.documents.yaml_writing import write_yaml

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6).map(float) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    """No text becomes a number, a word or a date on the way."""
    assert read_yaml(write_yaml(value)) == value


@pytest.mark.parametrize(
    ("text", "place"),
    [("a: [1\nb: 2\n", (2, 2)), ("a: b\n c: d\n", (2, 3)), ("a: *x\n", (1, 4)), ("\ta: 1\n", (1, 1))],
)
def test_what_is_not_yaml_is_named_with_its_place(text: str, place: tuple[int, int]) -> None:
    """Line and column, counted from one."""
    with pytest.raises(YamlError) as caught:
        read_yaml(text)
    assert (caught.value.line, caught.value.column) == place


def test_a_bomb_of_aliases_is_refused() -> None:
    """A few lines must not become gigabytes."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlError):
        read_yaml("\n".join(lines))


def test_words_as_they_are_written() -> None:
    """Where Rancher has texts, nothing becomes a number or a truth value."""
    text = "{version: 1.10, variable: N, default: 010, required: yes, nothing: , date: 2026-01-31}"
    found = read_yaml(text, as_texts=True)
    assert found == {
        "version": "1.10",
        "variable": "N",
        "default": "010",
        "required": "yes",
        "nothing": None,
        "date": "2026-01-31",
    }


def test_several_documents() -> None:
    """Empty ones do not count."""
    assert read_all("---\na: 1\n---\n---\nb: x\n") == [{"a": 1.0}, {"b": "x"}]
