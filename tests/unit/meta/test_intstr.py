"""Numbers or percentages, as in maxSurge and maxUnavailable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.intstr import is_percent, percent, resolve


def test_a_share_is_rounded_as_asked():
    """A surge rounds up and an unavailability rounds down, so that a rollout can always move."""
    assert resolve("25%", 10, round_up=True) == 3
    assert resolve("25%", 10, round_up=False) == 2
    assert resolve("100%", 7, round_up=False) == 7


def test_a_number_stands_for_itself():
    """A plain number does not depend on the total."""
    assert resolve(3, 10, round_up=True) == 3


@pytest.mark.parametrize("value", ["25", "a%", "%", "2.5%", "", True])
def test_other_values_are_refused(value):
    """Only numbers and percentages are accepted."""
    assert not is_percent(value)
    with pytest.raises(ValueError, match="percentage"):
        resolve(value, 10, round_up=True)


@given(st.integers(0, 100), st.integers(0, 10_000))
def test_rounding_differs_by_at_most_one(share, total):
    """Both roundings enclose the exact share."""
    low, high = resolve(f"{share}%", total, round_up=False), resolve(f"{share}%", total, round_up=True)
    assert low * 100 <= share * total <= high * 100
    assert high - low <= 1
    assert percent(f"{share}%") == share
