from bouvier.scheduler.queue import PARKED_SECONDS, PodQueue
from bouvier.scheduler.shape import ShapeCache
from tests.unit.scheduler.objects import pod

SHAPES = ShapeCache()
KEPT = []


def put(queue: PodQueue, name: str, **spec: object) -> None:
    made = pod(name, **spec)
    shape = SHAPES.shape_of(made)
    KEPT.append(shape)
    queue.put(made, name, shape)


def taken(queue: PodQueue, now: float = 0) -> list[str]:
    names = []
    while (waiting := queue.take(now)) is not None:
        names.append(waiting.uid)
    return names


def test_order() -> None:
    """Higher priority first, then first come first served."""
    queue = PodQueue()
    for name, priority in (("a", 0), ("b", 10), ("c", 0), ("d", 10), ("e", -1)):
        put(queue, name, priority=priority)
    assert taken(queue) == ["b", "d", "a", "c", "e"]
    assert len(queue) == 5


def test_parked_pods_wait_for_what_concerns_them() -> None:
    """A parked pod comes back only when a filter that refused it may have changed its mind."""
    queue = PodQueue()
    put(queue, "a")
    put(queue, "b")
    a, b = queue.take(0), queue.take(0)
    queue.refused(a, frozenset({"NodeResourcesFit"}), 0)
    queue.refused(b, frozenset({"NodeAffinity"}), 0)
    queue.wake({"NodeResourcesFit", "NodePorts"}, 100)
    assert taken(queue, 100) == ["a"]
    queue.wake(None, 100)
    assert taken(queue, 100) == ["b"]


def test_backoff_grows_and_ends() -> None:
    """A pod refused again and again waits 1, 2, 4, 8, 10, 10 s after each refusal, even when it is woken at once."""
    queue = PodQueue()
    put(queue, "a")
    now = 0.0
    waits = []
    for _ in range(6):
        waiting = queue.take(now)
        queue.refused(waiting, frozenset({"NodeResourcesFit"}), now)
        queue.wake(None, now)
        assert queue.take(now) is None
        waits.append(queue.next_ready_at() - now)
        now = queue.next_ready_at()
    assert waits == [1, 2, 4, 8, 10, 10]


def test_changed_pods_are_tried_at_once() -> None:
    """A parked pod whose demands change is tried again without waiting; a mere status change leaves it parked."""
    queue = PodQueue()
    put(queue, "a", cpu="4")
    queue.refused(queue.take(0), frozenset({"NodeResourcesFit"}), 0)
    put(queue, "a", cpu="4")
    assert taken(queue) == []
    put(queue, "a", cpu="1")
    assert taken(queue) == ["a"]


def test_removed_pods_never_come_out() -> None:
    """A pod that was deleted is gone from every place."""
    queue = PodQueue()
    for name in ("ready", "parked", "backing", "taken"):
        put(queue, name)
    waiting = {name: queue.take(0) for name in ("ready", "parked", "backing", "taken")}
    queue.refused(waiting["parked"], frozenset({"X"}), 0)
    queue.retry(waiting["backing"], 0)
    put(queue, "late")
    for name in (*waiting, "late"):
        queue.remove(name)
    queue.refused(waiting["taken"], frozenset({"X"}), 0)
    queue.retry(waiting["ready"], 0)
    queue.wake(None, 1000)
    queue.wake_old(1000)
    assert taken(queue, 1000) == []
    assert len(queue) == 0
    assert queue.next_ready_at() is None


def test_nothing_is_parked_for_ever() -> None:
    """A parked pod is tried again after some minutes although nothing seems to have changed."""
    queue = PodQueue()
    put(queue, "a")
    queue.refused(queue.take(0), frozenset({"NodeAffinity"}), 0)
    queue.wake_old(PARKED_SECONDS - 1)
    assert taken(queue, PARKED_SECONDS - 1) == []
    assert queue.counts()["parked"] == 1
    queue.wake_old(PARKED_SECONDS)
    assert taken(queue, PARKED_SECONDS) == ["a"]
