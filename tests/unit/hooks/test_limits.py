"""How many calls a hook takes, and who may call."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.hooks.limits import RateLimits
from bouvier.hooks.secrets import draw, hashed, is_secret, parse_path, path_of


@given(st.integers(1, 100), st.lists(st.floats(0, 5), min_size=1, max_size=200))
def test_no_minute_sees_more_than_twice_the_limit(limit: int, pauses: list[float]) -> None:
    """However calls are spread, a minute has at most a full bucket and what flows in meanwhile."""
    limits, now, taken = RateLimits(), 0.0, []
    for pause in pauses:
        now += pause
        if not limits.take("k", limit, now):
            taken.append(now)
    for begin in taken:
        assert sum(begin <= at < begin + 60 for at in taken) <= 2 * limit + 1


def test_waiting_as_long_as_told_is_enough() -> None:
    """The seconds that a refusal names suffice for the next call."""
    limits = RateLimits()
    assert limits.take("k", 1, 0.0) == 0
    seconds = limits.take("k", 1, 10.0)
    assert 0 < seconds <= 60
    assert limits.take("k", 1, 10.0 + seconds + 0.001) == 0


def test_only_the_secret_is_the_secret() -> None:
    """The hash does not open the hook, nor does anything when there is none."""
    secret = draw()
    assert is_secret(secret, hashed(secret))
    assert not is_secret(hashed(secret), hashed(secret))
    assert not is_secret("", None)
    assert parse_path(f"{path_of('local', 'a', 'b')}/{secret}") == ("local", "a", "b", secret)
    assert parse_path("/hooks/local/a/b") is None
