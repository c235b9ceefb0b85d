"""What a budget says at a moment."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.billing.budget_plan import judge, span
from bouvier.kinds.billing_v1.budgets import KIND, PERIODS


def budget(**spec: object) -> dict:
    obj = {"metadata": {"name": "b"}, "spec": {"amount": "100", "scope": {"cluster": True}} | spec}
    KIND.default(obj)
    return obj


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(st.integers(1_577_836_800, 2_051_222_400), st.sampled_from(PERIODS))
def test_every_moment_is_in_one_period(second: int, period: str) -> None:
    """Periods follow one another without gap or overlap."""
    now = datetime.fromtimestamp(second, UTC)
    here = span(period, now)
    assert here.begin <= now < here.end
    assert span(period, here.end).begin == here.end


@pytest.mark.parametrize(
    ("spent", "passed", "reason"),
    [
        ("10", [], "WithinBudget"),
        ("49.99", [], "ForecastTooHigh"),
        ("80", [50, 80], "ThresholdPassed"),
        ("300", [50, 80, 100], "ThresholdPassed"),
    ],
)
def test_thresholds_and_forecast(spent: str, passed: list[int], reason: str) -> None:
    """Ten of thirty days gone: what is spent times three is expected."""
    found = judge(budget()["spec"], Decimal(spent), "EUR", at("2026-11-11T00:00:00"))
    assert (found.passed, found.reason, found.forecast) == (passed, reason, Decimal(spent) * 3)
    assert f"{spent} of 100 EUR are spent" in found.message


def test_the_first_minutes_forecast_nothing() -> None:
    """Some minutes into a month nobody knows what it will cost."""
    assert judge(budget()["spec"], Decimal(1), "EUR", at("2026-11-01T00:10:00")).forecast == Decimal(1)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"amount": "much"}, "spec.amount: Invalid value"),
        ({"amount": "0"}, "spec.amount: Invalid value"),
        ({"action": "Block"}, 'spec.action: Invalid value: "Block": is not there yet: a budget can Warn'),
        ({"action": "Dance"}, 'spec.action: Unsupported value: "Dance"'),
        ({"period": "Year"}, 'spec.period: Unsupported value: "Year"'),
        ({"scope": {}}, "spec.scope: Required value: name exactly one"),
        ({"scope": {"namespace": "a", "cluster": True}}, "spec.scope: Required value: name exactly one"),
        ({"scope": {"label": "team"}}, "spec.scope.label: Invalid value"),
        ({"thresholds": [0]}, "spec.thresholds[0]: Invalid value"),
    ],
)
def test_what_is_wrong_is_named(spec: dict, message: str) -> None:
    """Each refusal names the field; actions that are not there are refused by name."""
    assert message in "\n".join(str(error) for error in KIND.validate(budget(**spec)))
