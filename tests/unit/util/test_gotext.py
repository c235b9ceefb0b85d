"""Texts and values as Go prints them."""

import pytest

from bouvier.util.gotext import plain, quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a b", '"a b"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("é\u00a0\u200b\U000e0001", '"é\\u00a0\\u200b\\U000e0001"'),
    ],
)
def test_quote(text, quoted):
    """What cannot be printed is escaped, everything else stays."""
    assert quote(text) == quoted


def test_plain():
    """Maps are sorted; nothing is quoted."""
    value = {"b": [1, "x", None], "a": {"c": True, "d": 1.5}}
    assert plain(value) == "map[a:map[c:true d:1.5] b:[1 x <nil>]]"
