"""Quantities: values, order and the text that the API server writes."""

from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bouvier.meta.quantities import LARGEST, canonical, millis, parse, whole

SUFFIXES = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2", "e+6"]

NUMBERS = st.one_of(
    st.integers(-10_000_000, 10_000_000).map(str),
    st.decimals(-10_000, 10_000, places=5).map(lambda number: f"{number:f}"),
)
QUANTITIES = st.builds(lambda number, suffix: f"{number}{suffix}", NUMBERS, st.sampled_from(SUFFIXES))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", "0"),
        ("1.5", "1500m"),
        ("1000m", "1"),
        ("0.25", "250m"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("0.5Ki", "512"),
        ("1023", "1023"),
        ("1000", "1k"),
        ("12e6", "12e6"),
        ("1000e3", "1e6"),
        ("-1Ki", "-1Ki"),
        ("0.1n", "1n"),
        ("1.2345678919", "1234567892n"),
        (".5", "500m"),
        ("5.", "5"),
        ("+3", "3"),
        ("100E", "9223372036854775807"),
    ],
)
def test_canonical_text(text, expected):
    """A quantity is written without a fraction and with the largest suffix that loses nothing."""
    assert canonical(text) == expected


@pytest.mark.parametrize(
    "text", ["", " 1", "1 Gi", "abc", "1gi", "1Kii", "--1", "1.2.3", "1e", "Mi", ".", "1ki", "0x1", "١"]
)
def test_bad_text_is_refused_with_the_form_expected(text):
    """What is not a quantity is refused, and the message shows what one looks like."""
    with pytest.raises(ValueError, match="unable to parse quantity"):
        parse(text)


def test_numbers_count_as_their_text():
    """YAML without quotes gives numbers: they are quantities too, truth values are not."""
    assert parse(2) == 2
    assert millis(0.5) == 500
    with pytest.raises(ValueError, match="quantity"):
        parse(bool(1))


def test_rounding_is_upwards():
    """A fraction of a unit asks for the whole unit."""
    assert whole("1500m") == 2
    assert millis("100u") == 1
    assert whole("-1500m") == -1


def test_extreme_exponents_are_cut_quickly():
    """Absurd exponents neither fail nor take long: they are the largest or smallest quantity."""
    assert parse("1e999999999999") == LARGEST
    assert parse("-1e999999999999") == -LARGEST
    assert parse("1e-999999999999") == Decimal("1e-9")
    assert parse("0e999999999999") == 0
    with pytest.raises(ValueError, match="quantity"):
        parse("1" * 5000)


@given(QUANTITIES)
@example("1023Ei")
def test_canonical_form_keeps_the_value_and_is_its_own(text):
    """Canonical text means the same value, and writing it again changes nothing."""
    once = canonical(text)
    assert parse(once) == parse(text)
    assert canonical(once) == once


@given(QUANTITIES, QUANTITIES)
def test_order_is_the_order_of_the_values(left, right):
    """Whole and thousandth units never reverse the order of two quantities."""
    assume(parse(left) <= parse(right))
    assert whole(left) <= whole(right)
    assert millis(left) <= millis(right)


@given(NUMBERS, st.sampled_from(["Ki", "Mi", "Gi"]))
def test_binary_suffixes_are_powers_of_1024(number, suffix):
    """A binary suffix multiplies by 1024 for each step."""
    power = ["", "Ki", "Mi", "Gi"].index(suffix)
    assert parse(number + suffix) == Decimal(number) * 1024**power


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_a_value_error(text):
    """No text causes anything but a value or a refusal."""
    try:
        canonical(text)
    except ValueError:
        return
    assert parse(text) <= LARGEST
