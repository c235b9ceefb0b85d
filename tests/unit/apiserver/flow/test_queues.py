"""Fair queuing: who is next."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.flow.queues import STANDARD_SECONDS, QueueSet, Waiter

WIDEST = 10
flows = st.lists(st.lists(st.integers(1, WIDEST), min_size=1, max_size=40), min_size=2, max_size=8)


def filled(requests: list[list[int]], limit: int = 1000) -> QueueSet:
    """Return queues with the requests of each flow, whose token is the flow."""
    queues = QueueSet(limit)
    for flow, widths in enumerate(requests):
        for seats in widths:
            assert queues.enqueue((flow,), Waiter(seats, flow, 0.0))
    return queues


@given(flows)
def test_flows_with_work_get_equal_seats(requests):
    """As long as two flows both have work, neither is ahead of the other by more than two of the widest requests."""
    queues = filled(requests)
    left = [len(widths) for widths in requests]
    served = [0] * len(requests)
    while all(left):
        waiter = queues.dispatch()
        left[waiter.token] -= 1
        served[waiter.token] += waiter.seats
        assert max(served) - min(served) <= 2 * WIDEST


@given(flows)
def test_no_request_is_lost(requests):
    """Everything that was put in comes out once, each flow in its own order."""
    queues = filled(requests)
    out: list[list[int]] = [[] for _ in requests]
    while queues.waiting:
        waiter = queues.first()
        assert queues.dispatch() is waiter
        out[waiter.token].append(waiter.seats)
    assert out == requests
    assert queues.first() is None
    assert not queues.queues


@given(st.integers(1, 20), st.integers(20, 200), st.integers(1, WIDEST))
def test_a_modest_flow_waits_one_round(greedy, backlog, width):
    """Behind any number of waiting requests of N greedy flows, a newcomer is served after one request of each at most."""
    queues = filled([[width] * backlog for _ in range(greedy)])
    for _ in range(greedy * 3):
        queues.dispatch()
    queues.enqueue((greedy,), Waiter(1, "modest", 0.0))
    before = 0
    while queues.dispatch().token != "modest":
        before += 1
    assert before <= greedy


@given(flows, st.data())
def test_who_gives_up_leaves_nothing_behind(requests, data):
    """Removed requests are never dispatched, the others all are, and the counts add up."""
    queues = QueueSet(1000)
    waiters = [Waiter(seats, flow, 0.0) for flow, widths in enumerate(requests) for seats in widths]
    for waiter in waiters:
        queues.enqueue((waiter.token,), waiter)
    gone = data.draw(st.sets(st.sampled_from(range(len(waiters)))))
    for index in gone:
        assert queues.remove(waiters[index])
        assert not queues.remove(waiters[index])
    assert queues.waiting == len(waiters) - len(gone)
    served = [queues.dispatch() for _ in range(queues.waiting)]
    assert {id(one) for one in served} == {id(one) for n, one in enumerate(waiters) if n not in gone}
    assert not queues.queues


def test_a_queue_has_a_length():
    """A request beyond the length is not taken; the least filled queue of a hand takes the next one."""
    queues = QueueSet(2)
    assert [queues.enqueue((0, 1), Waiter(1, n, 0.0)) for n in range(5)] == [1, 1, 2, 2, 0]
    assert queues.waiting == 4


def test_nobody_saves_up():
    """A flow that was silent for long has no advantage over one that worked meanwhile: they take turns."""
    queues = filled([[1] * 100])
    for _ in range(50):
        queues.dispatch()
    for _ in range(10):
        queues.enqueue((1,), Waiter(1, 1, 0.0))
    order = [queues.dispatch().token for _ in range(20)]
    assert abs(order.count(0) - order.count(1)) <= 1


def test_an_emptied_queue_pays_for_what_it_had():
    """Who sends one wide request at a time is not ahead of who sends small ones: it is their seats that count."""
    queues = filled([[10], [1] * 30])
    order = []
    for _ in range(22):
        waiter = queues.dispatch()
        order.append(waiter.token)
        if waiter.token == 0:
            queues.enqueue((0,), Waiter(10, 0, 0.0))
    assert order.count(0) <= 3


def test_seats_held_long_are_charged():
    """A flow whose requests hold their seats for ten times as long as assumed has to wait for ten of the other."""
    queues = filled([[1] * 2, [1] * 30])
    slow = queues.dispatch()
    while slow.token != 0:
        slow = queues.dispatch()
    queues.finished(slow, 10 * STANDARD_SECONDS)
    order = [queues.dispatch().token for _ in range(queues.waiting)]
    assert order.index(0) >= 9
