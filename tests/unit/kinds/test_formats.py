"""Formats of texts in schemas of custom kinds: one that fits and one that does not."""

import pytest

from bouvier.kinds.formats import checked_format, checks


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("bsonobjectid", ["0123456789abcdefABCDEF01"], ["0123", "x" * 24]),
        ("uri", ["https://a.b/c", "/a", "urn:x"], ["a b", ":x", "a", ""]),
        ("email", ["a@b.c", "Ann <a@b.c>"], ["a", "@b", "a@"]),
        ("hostname", ["a", "a.example.com", "1a.com"], ["-a", "a-.com", "a_b", "x" * 64, "a.c1"]),
        ("ipv4", ["10.0.0.1"], ["10.0.0", "::1", "10.0.0.256"]),
        ("ipv6", ["::1", "fe80::1"], ["10.0.0.1", "fe80::1%eth0"]),
        ("cidr", ["10.0.0.1/8", "fe80::/10"], ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/255.0.0.0"]),
        (
            "mac",
            ["00:11:22:aa:bb:cc", "00-11-22-aa-bb-cc", "0011.22aa.bbcc"],
            ["00:11", "0g:11:22:aa:bb:cc", "001122aabbcc"],
        ),
        ("uuid", ["00000000-0000-0000-0000-00000000000A", "0" * 32], ["0000", "g" * 32]),
        ("uuid3", ["00000000-0000-3000-0000-000000000000"], ["00000000-0000-4000-0000-000000000000"]),
        ("uuid4", ["00000000-0000-4000-8000-000000000000"], ["00000000-0000-4000-0000-000000000000"]),
        ("uuid5", ["00000000-0000-5000-b000-000000000000"], ["00000000-0000-5000-c000-000000000000"]),
        ("isbn", ["0321751043", "978-0321751041"], ["0321751044", "9780321751042", "x"]),
        ("isbn10", ["0-8044-2957-X"], ["978-0321751041"]),
        ("isbn13", ["9780321751041"], ["0321751043"]),
        ("creditcard", ["4111 1111 1111 1111"], ["4111 1111 1111 1112", "1"]),
        ("ssn", ["123-45-6789", "123 45 6789"], ["12-345-6789"]),
        ("hexcolor", ["#fff", "a0b1c2"], ["#ffff", "red"]),
        ("rgbcolor", ["rgb(0,128, 255)"], ["rgb(0,0,256)", "rgb(1,2)"]),
        ("byte", ["YWJj", "YQ=="], ["YQ", "*", ""]),
        ("password", ["", "x"], []),
        ("date", ["2024-02-29"], ["2023-02-29", "2024-2-9", "2024-W01-1"]),
        ("duration", ["1h30m", "-1.5s", "0", "22 ns", "3 days", "2 weeks 1 day"], ["1", "h", "1 x", ""]),
        ("quantity", ["1Gi", "100m"], ["1 Gi", "x"]),
        ("k8s-short-name", ["a-b", "1"], ["-a", "A", "a.b", "x" * 64]),
        ("k8s-long-name", ["a.b-c.d"], ["a..b", "A", "x" * 254]),
    ],
)
def test_checks(name, good, bad):
    """Each format takes what the original takes."""
    check = checks()[name]
    assert [text for text in good if not check(text)] == []
    assert [text for text in bad if check(text)] == []


@pytest.mark.parametrize(
    ("schema_type", "name", "checked"),
    [
        ("string", "uuid", "uuid"),
        (None, "cidr", "cidr"),
        ("string", "date-time", "date-time"),
        ("string", "datetime", "date-time"),
        ("string", "k8s-short-name", "k8s-short-name"),
        ("string", "colour", ""),
        ("integer", "int32", ""),
        ("integer", "uuid", ""),
    ],
)
def test_names(schema_type, name, checked):
    """Formats that nobody knows, and those of other types, are passed over."""
    assert checked_format(schema_type, name) == checked
