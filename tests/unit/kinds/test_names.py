"""The forms of names."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.kinds import names

LABEL_CHARACTERS = st.text("abcxyz019-.A_ ", min_size=1, max_size=70)


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        ("subdomain", "a.b-c.9"),
        ("label", "a" * 63),
        ("dns1035", "a-1"),
        ("path", "system:node:A b"),
    ],
)
def test_good_names_pass(rule, name):
    """A name of the right form has nothing wrong."""
    assert names.check_name(rule, name) == []


@pytest.mark.parametrize(
    ("rule", "name", "message"),
    [
        ("label", "a" * 64, "must be no more than 63 bytes"),
        ("subdomain", "a" * 254, "must be no more than 253 bytes"),
        ("path", "a/b", "may not contain '/'"),
        ("path", "a%b", "may not contain '%'"),
        ("path", "..", "may not be '..'"),
        (
            "subdomain",
            "Web_1",
            (
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
                "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
                r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ),
        ),
        (
            "dns1035",
            "1a",
            (
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
                "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
            ),
        ),
    ],
)
def test_bad_names_say_why(rule, name, message):
    """The message is Kubernetes' own."""
    assert names.check_name(rule, name) == [message]


def test_a_generated_name_may_end_with_a_dash():
    """The suffix follows the dash."""
    assert names.check_name_prefix("subdomain", "web-") == []
    assert names.check_name_prefix("subdomain", "Web-") != []


@pytest.mark.parametrize("key", ["app", "example.com/app", "a_b.c-D"])
def test_label_keys(key):
    """A key is a name with an optional domain before it."""
    assert names.qualified_name(key) == []


@pytest.mark.parametrize(
    ("key", "start"),
    [
        ("", "name part must be non-empty"),
        ("/a", "prefix part must be non-empty"),
        ("a/b/c", "a qualified name must consist of"),
        ("Example.com/a", "prefix part a lowercase RFC 1123 subdomain"),
        ("a b", "name part must consist of alphanumeric"),
        ("a" * 64, "name part must be no more than 63 bytes"),
    ],
)
def test_bad_label_keys(key, start):
    """The message tells which part is wrong."""
    assert names.qualified_name(key)[0].startswith(start)


@given(LABEL_CHARACTERS)
def test_every_label_is_a_subdomain(text):
    """What is a label is a subdomain too, and what is an RFC 1035 label is a label."""
    if names.label(text) == []:
        assert names.subdomain(text) == []
    if names.dns1035(text) == []:
        assert names.label(text) == []


@given(LABEL_CHARACTERS)
def test_label_values_have_the_documented_form(text):
    """A value is empty or begins and ends with a letter or digit."""
    is_good = len(text) <= 63 and re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", text) is not None
    assert (names.label_value(text) == []) == is_good


@pytest.mark.parametrize(("name", "is_good"), [("A_B", True), ("1 x", True), ("a=b", False), ("é", False), ("", False)])
def test_environment_names(name, is_good):
    """Any printable ASCII but the equals sign."""
    assert (names.env_name(name) == []) == is_good


@pytest.mark.parametrize("name", ["http", "a-1", "8080-tcp"])
def test_port_names(name):
    """A port name has a letter and is short."""
    assert names.port_name(name) == []


@pytest.mark.parametrize("name", ["80", "http--alt", "-a", "a" * 16, "HTTP"])
def test_bad_port_names(name):
    """What RFC 6335 does not allow is refused."""
    assert names.port_name(name)
