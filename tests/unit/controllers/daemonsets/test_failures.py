"""How long a host waits for the successor of a failed daemon pod."""

from bouvier.controllers.daemonsets.failures import FailureDelays


def test_delays_double_and_end_with_the_set():
    """The first replacement is made at once, the next ones after one, two, four seconds; another host does not wait."""
    now = [100.0]
    delays = FailureDelays(lambda: now[0])
    assert delays.seconds_left("u", "h1") == 0
    assert delays.seconds_left("u", "h1") == 1
    now[0] += 1
    assert delays.seconds_left("u", "h1") == 0
    assert delays.seconds_left("u", "h1") == 2
    assert delays.seconds_left("u", "h2") == 0
    delays.forget("u")
    assert delays.seconds_left("u", "h1") == 0
