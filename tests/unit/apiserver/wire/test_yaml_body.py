"""YAML words mean what they mean to Kubernetes."""

import pytest

from bouvier.apiserver.wire.yaml_body import decode_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", True),
        ("Yes", True),
        ("n", False),
        ("off", False),
        ("'yes'", "yes"),
        ("0644", 420),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", 1000),
        ("-5", -5),
        ("1e3", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ("~", None),
        ("", None),
        ("1.2.3", "1.2.3"),
        ("08", 8),
        ("=", "="),
    ],
)
def test_plain_words(text, value):
    """Booleans of YAML 1.1, numbers of C, never times or sexagesimals."""
    document, _ = decode_yaml(f"x: {text}\n".encode())
    assert document == {"x": value}
    assert type(document["x"]) is type(value)


def test_keys_are_text():
    """Keys that read as numbers or booleans become text, as in JSON."""
    assert decode_yaml(b"1: a\ntrue: b\nx: c\n")[0] == {"1": "a", "true": "b", "x": "c"}


def test_repeated_keys_are_reported():
    """The last value counts, and the line is named."""
    document, hints = decode_yaml(b"a: 1\nb: 2\na: 3\n")
    assert document == {"a": 3, "b": 2}
    assert [hint.message for hint in hints] == ['line 3: key "a" already set in map']


def test_aliases_are_copies():
    """Changing what one alias stands for leaves the others alone; merge keys work."""
    document, _ = decode_yaml(b"base: &b {a: 1}\none: *b\ntwo:\n  <<: *b\n  c: 2\n")
    document["one"]["a"] = 9
    assert document["base"] == {"a": 1}
    assert document["two"] == {"a": 1, "c": 2}


@pytest.mark.parametrize(
    "body",
    [
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(
            f"{n}: &{n} [{','.join(['*' + m] * 9)}]\n".encode() for m, n in zip("abcdef", "bcdefg", strict=True)
        ),
        b"a: &a [*a]\n",
        b"[" * 300_000,
        b"- " * 300_000,
        b"[" * 900 + b"]" * 900,
        b"x: !!python/object/apply:os.getcwd []\n",
        b"? [a]\n: b\n",
    ],
    ids=["bomb", "endless", "deep flow", "deep block", "deep and complete", "foreign tag", "list as key"],
)
def test_hostile_documents(body):
    """Bombs, endless and deep documents and foreign tags are refused as unreadable."""
    with pytest.raises(ValueError, match="yaml"):
        decode_yaml(body)
