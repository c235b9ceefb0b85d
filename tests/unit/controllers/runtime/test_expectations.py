"""Nothing is done twice because a cache lags."""

import pytest

from bouvier.controllers.runtime.expectations import OVERDUE_SECONDS, Expectations, Pending


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def expectations(clock):
    return Expectations(clock)


def test_a_key_rests_until_everything_announced_was_seen(expectations):
    """Creations are recognised by name, deletions by uid, in any order."""
    expectations.creating("ns/rs", ["ns/a", "ns/b"])
    expectations.deleting("ns/rs", ["uid-c"])
    for observe in (lambda: expectations.created("ns/b"), lambda: expectations.deleted("uid-c")):
        observe()
        assert not expectations.satisfied("ns/rs")
    expectations.created("ns/a")
    assert expectations.satisfied("ns/rs")


def test_keys_do_not_disturb_each_other(expectations):
    """Unknown pods and other sets' pods change nothing."""
    expectations.creating("ns/one", ["ns/a"])
    expectations.creating("ns/two", ["ns/b"])
    expectations.created("ns/stranger")
    expectations.created("ns/b")
    assert (expectations.satisfied("ns/one"), expectations.satisfied("ns/two")) == (False, True)


def test_what_is_not_seen_for_long_is_named(expectations, clock):
    """A lost answer does not block a set for ever."""
    expectations.creating("ns/rs", ["ns/a"])
    assert expectations.overdue("ns/rs") == []
    clock.now = OVERDUE_SECONDS
    assert expectations.overdue("ns/rs") == [Pending(creation=True, what="ns/a")]
    expectations.forget("ns/rs")
    assert expectations.satisfied("ns/rs")
    expectations.created("ns/a")
