"""Versions and ranges of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.catalog.versions import Version, parse_range, parse_version

NUMBERS = st.integers(0, 30)
TAILS = st.sampled_from(["", "", "alpha", "alpha.1", "rc.2", "rc.10"])
VERSIONS = st.tuples(NUMBERS, NUMBERS, NUMBERS, TAILS).map(lambda parts: Version(*parts))
ORDER = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "v1.2", "1.10.0"]


def test_versions_are_ordered_as_semver_says() -> None:
    """Numbers by value, pre-releases before their release."""
    versions = [parse_version(text) for text in ORDER]
    assert sorted([*versions[3:], *versions[:3]]) == versions


@given(version=VERSIONS)
def test_a_version_is_written_and_read_back(version: Version) -> None:
    """The text of a version is that version."""
    assert parse_version(str(version)) == version


@given(one=VERSIONS, other=VERSIONS)
def test_comparisons_agree_with_the_order(one: Version, other: Version) -> None:
    """A pre-release is only admitted by a bound that has one; else a version is at least the bound, or below it."""
    is_admitted = bool(other.prerelease) or not one.prerelease
    assert parse_range(f">={other}").matches(one) == (is_admitted and one >= other)
    assert parse_range(f"<{other}").matches(one) == (is_admitted and one < other)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2", "1.9.0", "2.0.0"),
        ("^0.2.3", "0.2.9", "0.3.0"),
        ("~1.2.3", "1.2.9", "1.3.0"),
        ("1.2.x", "1.2.7", "1.3.0"),
        (">=1.0 <2", "1.5.0", "2.0.0"),
        (">=1.0, <2 || 3.x", "3.1.0", "2.5.0"),
        ("1.2 - 1.4", "1.4.9", "1.5.0"),
        ("!=1.1.0", "1.2.0", "1.1.0"),
        ("*", "9.9.9", "1.0.0-rc.1"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    """Each form has an end."""
    assert parse_range(text).matches(parse_version(inside))
    assert not parse_range(text).matches(parse_version(outside))


@pytest.mark.parametrize("text", ["", "one", "1.2.3.4", "1.2-"])
def test_what_is_no_version(text: str) -> None:
    """It is refused with an example."""
    with pytest.raises(ValueError, match="is not a version such as"):
        parse_version(text)


def test_what_is_no_range() -> None:
    """It is refused with an example."""
    with pytest.raises(ValueError, match="is not a range"):
        parse_range(">> 1")
