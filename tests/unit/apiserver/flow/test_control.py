"""Letting requests in."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.apiserver.flow.config import Level
from bouvier.apiserver.flow.control import FlowControl, Match, Seat
from bouvier.apiserver.flow.rules import Digest
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.meta.errors import ApiError
from tests.support.waiting import until

LEVELS = (*born.MANDATORY_LEVELS, *born.SUGGESTED_LEVELS)
SCHEMAS = (*born.MANDATORY_SCHEMAS, *born.SUGGESTED_SCHEMAS)


def asked(user: str, *groups: str) -> Digest:
    return Digest("local", user, (*groups, "system:authenticated"), "get", "", "pods", "default")


@pytest.fixture
def control() -> FlowControl:
    made = FlowControl(24)
    made.configure(LEVELS, SCHEMAS)
    return made


async def enter(control: FlowControl, digest: Digest, seats: int = 1, wait_seconds: float = 30) -> Seat:
    match = control.match(digest)
    return control.enter_now(match, seats, "get") or await control.wait(match, digest, seats, wait_seconds=wait_seconds)


async def fill(control: FlowControl, digest: Digest) -> list[Seat]:
    """Take every seat that the requests of a digest may have."""
    seats = []
    while (seat := control.enter_now(control.match(digest), 1, "get")) is not None:
        seats.append(seat)
    return seats


def level_of(control: FlowControl, match: Match) -> Level:
    return control.levels[match.level.name]


async def test_the_privileged_never_wait(control: FlowControl) -> None:
    """`system:masters` go on however full it is."""
    await fill(control, asked("u"))
    admin = asked("admin", "system:masters")
    assert control.match(admin).level.name == "exempt"
    for _ in range(1000):
        assert control.pass_quickly(control.match(admin))
        assert control.enter_now(control.match(admin), 10, "list") is not None


async def test_flows_take_turns(control: FlowControl) -> None:
    """Behind two hundred requests of one user, another user's are served every second time."""
    order = []

    async def one(user: str) -> None:
        seat = await enter(control, asked(user))
        order.append(user)
        await asyncio.sleep(0)
        seat.release()

    running = await fill(control, asked("greedy"))
    greedy = [asyncio.create_task(one("greedy")) for _ in range(100)]
    await until(lambda: control.match(asked("greedy")).figures.waiting == 100)
    modest = [asyncio.create_task(one("modest")) for _ in range(20)]
    await until(lambda: control.match(asked("greedy")).figures.waiting == 120)
    for seat in running:
        seat.release()
    await asyncio.gather(*greedy, *modest)
    places = [n for n, user in enumerate(order) if user == "modest"]
    # Greedy flows have six queues at most, so of seven requests at least one is the modest one's while it has any.
    assert places[-1] < 7 * 20 + len(running)
    assert len(order) == 120


async def test_nothing_is_idle_while_somebody_waits(control: FlowControl) -> None:
    """All seats given back are in use again a turn later, and all who waited are served."""
    running, served = await fill(control, asked("a")), 0
    limit = len(running)

    async def one() -> None:
        nonlocal served
        seat = await enter(control, asked("a"))
        served += 1
        running.append(seat)

    tasks = [asyncio.create_task(one()) for _ in range(50)]
    await until(lambda: control.match(asked("a")).figures.waiting == 50)
    while served < 50:
        while running:
            running.pop().release()
        await until(lambda: len(running) == min(limit, 50) or served == 50)
    await asyncio.gather(*tasks)


async def test_seats_count_again_in_the_next_turn(control: FlowControl) -> None:
    """Requests that are answered at once compete within a turn of the loop as if they lasted for it."""
    match = control.match(asked("u"))
    passed = 0
    while control.pass_quickly(match):
        passed += 1
    assert 1 <= passed <= 24
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert control.pass_quickly(match)


async def test_full_queues_refuse(control: FlowControl) -> None:
    """Beyond the lengths of a flow's queues there is 429 at once, with a second to wait."""
    await fill(control, asked("u"))
    tasks = [asyncio.create_task(enter(control, asked("u"))) for _ in range(6 * 50)]
    figures = control.match(asked("u")).figures
    await until(lambda: figures.waiting == 300)
    with pytest.raises(ApiError) as refused:
        await enter(control, asked("u"))
    assert (refused.value.code, refused.value.reason) == (429, "TooManyRequests")
    assert refused.value.message == "Too many requests, please try again later."
    assert refused.value.retry_after_seconds == 1
    assert figures.rejected == {"queue-full": 1}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert figures.rejected["cancelled"] == 300
    assert level_of(control, control.match(asked("u"))).queues.waiting == 0


async def test_waiting_ends(control: FlowControl) -> None:
    """Who has waited for the quarter of his time is refused, and leaves the queue."""
    await fill(control, asked("u"))
    with pytest.raises(ApiError):
        await enter(control, asked("u"), wait_seconds=0.01)
    figures = control.match(asked("u")).figures
    assert figures.rejected == {"time-out": 1}
    assert not level_of(control, control.match(asked("u"))).queues.queues


async def test_a_level_without_queues_refuses(control: FlowControl) -> None:
    """`catch-all` rejects what it has no seat for."""
    control.configure(LEVELS, born.MANDATORY_SCHEMAS)
    digest = asked("u")
    assert control.match(digest).level.name == "catch-all"
    taken = await fill(control, digest)
    with pytest.raises(ApiError):
        await enter(control, digest)
    assert control.match(digest).figures.rejected == {"concurrency-limit": 1}
    for seat in taken:
        seat.release()


async def test_cancelled_at_the_last_moment_gives_seats_back(control: FlowControl) -> None:
    """A client that leaves just when its turn has come does not keep its seats."""
    running = await fill(control, asked("u"))
    tasks = [asyncio.create_task(enter(control, asked("u"))) for _ in range(len(running))]
    level = control.match(asked("u")).level
    await until(lambda: level.queues.waiting == len(tasks))
    for seat in running:
        seat.release()
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled() and task.exception() is None:
            task.result().release()
    await until(lambda: level.is_idle)


async def test_seats_are_given_back_once(control: FlowControl) -> None:
    """Releasing twice changes nothing."""
    seat = await enter(control, asked("u"), seats=4)
    level = control.match(asked("u")).level
    held = level.share.used
    assert held >= 1
    seat.release()
    seat.release()
    await until(lambda: level.share.used == 0)


async def test_clusters_are_flows_of_their_own(control: FlowControl) -> None:
    """One user name in two clusters is two flows."""
    here, there = asked("u"), asked("u")._replace(cluster="other")
    assert control.match(here).hand != control.match(there).hand
    assert control.match(here).hand == control.match(here._replace(verb="list")).hand


async def test_metrics_tell_what_happened(control: FlowControl) -> None:
    """Every series carries schema and level; histograms are cumulative."""
    seat = await enter(control, asked("u"), seats=2)
    seat.release()
    page = control.metrics()
    labels = 'flow_schema="global-default",priority_level="global-default"'
    assert f"apiserver_flowcontrol_dispatched_requests_total{{{labels}}} 1" in page
    assert f'apiserver_flowcontrol_work_estimated_seats_bucket{{{labels},le="1"}} 0' in page
    assert f'apiserver_flowcontrol_work_estimated_seats_bucket{{{labels},le="2"}} 1' in page
    assert f'apiserver_flowcontrol_work_estimated_seats_bucket{{{labels},le="+Inf"}} 1' in page
    assert 'apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"} 10' in page


operations = st.lists(
    st.tuples(st.sampled_from(["ask", "ask", "ask", "end", "leave", "turn"]), st.integers(0, 5), st.integers(1, 10)),
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(operations)
def test_whatever_happens_seats_come_back(steps: list[tuple[str, int, int]]) -> None:
    """Clients ask, end and leave at any moment: nothing idles while somebody could go on, and at the end all is as before."""
    asyncio.run(whatever_happens(steps))


async def whatever_happens(steps: list[tuple[str, int, int]]) -> None:
    control = FlowControl(24)
    control.configure(LEVELS, SCHEMAS)
    asking: list[asyncio.Task[Seat]] = []
    for step, number, seats in steps:
        if step == "ask":
            groups = ("system:serviceaccounts",) if number % 2 else ()
            asking.append(asyncio.create_task(enter(control, asked(f"user{number}", *groups), seats)))
        elif step == "leave" and asking:
            asking[number % len(asking)].cancel()
        elif step == "end":
            end([task for task in asking if has_seat(task)][:1])
        await asyncio.sleep(0)
        if step == "turn":
            await settle()
            assert nobody_could_go_on(control)
    while waiting := [task for task in asking if not task.done()]:
        end(asking)
        await settle()
        assert len([task for task in asking if not task.done()]) < len(waiting)
    end(asking)
    await settle()
    assert all(level.is_idle for level in control.levels.values())
    assert all(one.waiting == one.executing == one.seats == 0 for one in control.figures.values())


def has_seat(task: asyncio.Task[Seat]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None and task.result()._control is not None


def end(tasks: list[asyncio.Task[Seat]]) -> None:
    for task in tasks:
        if has_seat(task):
            task.result().release()


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


def nobody_could_go_on(control: FlowControl) -> bool:
    """Tell whether each level's next request has no room."""
    seats = control._configuration.seats
    heads = [(level.share, level.queues.first()) for level in control.levels.values()]
    return not any(head is not None and seats.has_room(share, head.seats) for share, head in heads)
