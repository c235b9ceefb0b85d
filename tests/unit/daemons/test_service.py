"""The rules for restarting a process."""

from bouvier.daemons.forking import Started
from bouvier.daemons.service import CALM_SECONDS, Service, State, describe_end, may_start, note_death


def make(*needs: str) -> Service:
    return Service("x", lambda: Started(1, -1), needs=needs)


def test_the_first_restart_is_immediate_and_later_ones_wait_longer() -> None:
    """One crash costs nothing; one that never ends is tried less and less often."""
    service = make()
    pauses = []
    for _ in range(9):
        service.started_at = 100.0
        note_death(service, 100.5, "exit code 1")
        pauses.append(round(service.not_before - 100.5, 3))

    assert pauses[0] == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2] == 10.0
    assert service.restarts == 9


def test_a_long_life_is_forgiven() -> None:
    """A process that has run well starts again at once."""
    service = make()
    service.quick_deaths, service.started_at = 6, 0.0
    note_death(service, CALM_SECONDS, "killed by signal 9")

    assert service.not_before == CALM_SECONDS


def test_a_process_waits_for_what_it_needs_only_the_first_time() -> None:
    """After a crash of what it needs, a daemon that died too does not wait: it reconnects by itself."""
    service = make("apiserver")
    assert not may_start(service, set(), 0.0)
    assert may_start(service, {"apiserver"}, 0.0)

    service.state, service.not_before = State.BACKING_OFF, 5.0
    assert not may_start(service, {"apiserver"}, 4.9)
    assert may_start(service, set(), 5.0)


def test_ends_in_words() -> None:
    """A status of waitpid reads as exit code or signal."""
    assert describe_end(3 << 8) == "exit code 3"
    assert describe_end(9) == "killed by signal 9"
