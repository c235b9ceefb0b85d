import asyncio

from bouvier.client.workqueue import WorkQueue


async def test_a_key_waits_once() -> None:
    """Adding a waiting key again changes nothing."""
    queue = WorkQueue()
    for key in ("a", "b", "a"):
        queue.add(key)
    assert [await queue.get(), await queue.get(), len(queue)] == ["a", "b", 0]


async def test_a_key_is_worked_on_once_at_a_time() -> None:
    """A key added during its work comes again only after done."""
    queue = WorkQueue()
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    second = asyncio.create_task(queue.get())
    queue.add("b")
    assert await second == "b"
    assert len(queue) == 0
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    assert len(queue) == 0


async def test_delays_double_until_forgotten() -> None:
    """A failing key is delayed longer each time, another one is not, and forgetting starts over."""
    queue = WorkQueue(first_retry_seconds=100, most_retry_seconds=300)
    delays = []
    for _ in range(4):
        queue.add_rate_limited("a")
        timer = queue._timers.pop("a")
        delays.append(round(timer.when() - asyncio.get_running_loop().time()))
        timer.cancel()
    assert delays == [100, 200, 300, 300]
    assert (queue.failures("a"), queue.failures("b")) == (4, 0)
    queue.forget("a")
    assert queue.failures("a") == 0


async def test_earliest_delay_counts() -> None:
    """Of several delayed adds one key comes, at the earliest time."""
    queue = WorkQueue()
    queue.add_after("a", 1000)
    queue.add_after("a", 0.01)
    queue.add_after("a", 2000)
    assert await asyncio.wait_for(queue.get(), 5) == "a"
    assert not queue._timers


async def test_cancelled_worker_loses_no_key() -> None:
    """When the worker that a key woke is cancelled, another one gets the key."""
    queue = WorkQueue()
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    first.cancel()
    assert await asyncio.wait_for(second, 5) == "a"


async def test_rest_gathers_wishes() -> None:
    """A key that rests comes once afterwards, however often it was added meanwhile; others are not held up."""
    queue = WorkQueue()
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.done("a", rest_seconds=0.01)
    queue.add("a")
    queue.add("b")
    assert await asyncio.wait_for(queue.get(), 5) == "b"
    assert await asyncio.wait_for(queue.get(), 5) == "a"
    assert len(queue) == 0
