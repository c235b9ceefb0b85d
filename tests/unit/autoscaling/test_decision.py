"""The autoscaler's arithmetic, against the documented examples and by properties."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.autoscaling.behavior import Memory, limit
from bouvier.autoscaling.decision import View, decide

NOTHING_REMEMBERED = Memory()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def pod(name: str, *, ready: bool = True, age_seconds: int = 3600, cpu: str | None = "100m") -> dict:
    start = (NOW - timedelta(seconds=age_seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    resources = {"requests": {"cpu": cpu}} if cpu else {}
    condition = {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": start}
    return {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "resources": resources}]},
        "status": {"phase": "Running", "startTime": start, "conditions": [condition]},
    }


def spec(percent: int = 50, most: int = 10, fewest: int = 1, **behavior: dict) -> dict:
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": percent}}}
    return {"minReplicas": fewest, "maxReplicas": most, "metrics": [metric]} | (
        {"behavior": behavior} if behavior else {}
    )


def look(
    spec: dict,
    pods: list[dict],
    millis: dict[str, int],
    memory: Memory = NOTHING_REMEMBERED,
    clock: float = 1000.0,
    current: int = 0,
):
    usage = {"cpu": {(name, "c"): amount for name, amount in millis.items()}, "memory": {}}
    return decide(View(spec, current or len(pods), pods, usage, NOW, clock), memory)


def test_twice_the_target_doubles() -> None:
    """At 100 % with a target of 50 %, two pods become four, and the sentence says why."""
    decision = look(spec(50), [pod("a"), pod("b")], {"a": 100, "b": 100})

    assert decision.replicas == 4
    assert "cpu is at 100%" in decision.why


def test_within_the_tolerance_nothing_happens() -> None:
    """54 % for a target of 50 % is good enough; 56 % is not."""
    assert look(spec(50), [pod("a"), pod("b")], {"a": 54, "b": 54}).replicas == 2
    assert look(spec(50), [pod("a"), pod("b")], {"a": 56, "b": 56}).replicas == 3


def test_pods_without_a_measurement_count_carefully() -> None:
    """A silent pod holds back: nothing used when scaling up, all of it when scaling down."""
    up = look(spec(50), [pod("a"), pod("b")], {"a": 100})
    down = look(spec(50), [pod("a"), pod("b"), pod("c"), pod("d")], {"a": 10, "b": 10, "c": 10})

    assert up.replicas == 2
    assert down.replicas == 3


def test_starting_pods_do_not_count_yet() -> None:
    """The processor use of a pod that has just started and is not ready is ignored."""
    pods = [pod("a"), pod("b", ready=False, age_seconds=20)]

    assert look(spec(50), pods, {"a": 50, "b": 1000}).replicas == 2


def test_no_measurement_changes_nothing_and_says_so() -> None:
    """Without metrics the size stays and the condition names the reason."""
    decision = look(spec(50), [pod("a")], {})

    assert decision.replicas == 1
    assert ("ScalingActive", "False", "FailedGetResourceMetric") in [c[:3] for c in decision.conditions]


def test_a_missing_request_is_named() -> None:
    """A percentage needs requests: the container without one is named."""
    decision = look(spec(50), [pod("a", cpu=None)], {"a": 100})

    assert "missing request for cpu in container c of Pod a" in decision.conditions[1][3]


def test_scaling_down_waits_for_the_window() -> None:
    """The highest wish of five minutes counts before replicas go."""
    memory = Memory(wishes=((900.0, 4),))

    assert look(spec(50), [pod(n) for n in "abcd"], dict.fromkeys("abcd", 5), memory).replicas == 4
    later = look(spec(50), [pod(n) for n in "abcd"], dict.fromkeys("abcd", 5), memory, clock=1300.0)
    assert later.replicas == 1


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"type": "Pods", "value": 1, "periodSeconds": 60}, 3),
        ({"type": "Percent", "value": 50, "periodSeconds": 60}, 3),
    ],
)
def test_policies_limit_the_speed(policy: dict, expected: int) -> None:
    """One pod or half of them a minute, however large the wish."""
    rules = {"policies": [policy], "selectPolicy": "Max", "stabilizationWindowSeconds": 0}
    decision = look(spec(50, scaleUp=rules), [pod("a"), pod("b")], {"a": 500, "b": 500})

    assert decision.replicas == expected
    assert any(c[:3] == ("ScalingLimited", "True", "ScaleUpLimit") for c in decision.conditions)


def test_disabled_direction_stays() -> None:
    """selectPolicy Disabled forbids a direction."""
    rules = {"selectPolicy": "Disabled"}

    assert look(spec(50, scaleUp=rules), [pod("a")], {"a": 500}).replicas == 1


@given(
    current=st.integers(1, 50),
    percents=st.lists(st.integers(0, 400), min_size=1, max_size=20),
    target=st.integers(10, 100),
    fewest=st.integers(1, 5),
    more=st.integers(0, 40),
)
def test_the_bounds_always_hold(current: int, percents: list[int], target: int, fewest: int, more: int) -> None:
    """Whatever is measured, the result lies between minReplicas and maxReplicas, and the direction follows the load."""
    pods = [pod(f"p{n}") for n in range(len(percents))]
    usage = {f"p{n}": percent for n, percent in enumerate(percents)}
    decision = look(spec(target, fewest + more, fewest), pods, usage, current=current)

    assert fewest <= decision.replicas <= fewest + more
    average = sum(percents) / len(percents)
    if fewest <= current <= fewest + more and average > target * 1.2:
        assert decision.replicas >= min(current, len(percents))


@given(current=st.integers(1, 100), wanted=st.integers(1, 100))
def test_without_memory_the_default_rules_double_at_most(current: int, wanted: int) -> None:
    """The default policies allow four pods or a doubling in 15 seconds."""
    verdict = limit({"minReplicas": 1, "maxReplicas": 1000}, current, wanted, Memory().with_wish(10, wanted), 10)

    assert verdict.replicas <= max(current + 4, 2 * current)
