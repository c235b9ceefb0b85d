"""Measuring silence."""

from bouvier.controllers.nodes.heartbeats import Heartbeats


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_only_a_change_is_a_sign_of_life():
    """Reading the same Lease again proves nothing."""
    clock = Clock()
    heard = Heartbeats(40, clock)
    heard.note("h1", "lease", "t0")
    clock.now = 30
    heard.note("h1", "lease", "t0")
    assert heard.remaining_seconds("h1") == 10
    heard.note("h1", "lease", "t1")
    assert heard.remaining_seconds("h1") == 40


def test_an_unknown_host_gets_the_whole_time_and_a_restart_gives_it_again():
    """Nobody is lost because the controllers or the API server were away."""
    clock = Clock()
    heard = Heartbeats(40, clock)
    assert heard.remaining_seconds("h1") == 40
    clock.now = 100
    assert heard.remaining_seconds("h1") < 0
    heard.restart()
    assert heard.remaining_seconds("h1") == 40
    heard.forget("h1")
