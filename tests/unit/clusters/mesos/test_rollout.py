"""How our framework rolls a workload."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.clusters.mesos.rollout import Run, Step, Wish, step


def wish(replicas: int = 2, surge: int = 1, unavailable: int = 0, **more: bool) -> Wish:
    return Wish("uid", {"replicas": replicas}, "new", surge, unavailable, **more)


def run(number: int, template: str = "new", *, ready: bool = True, agent: str = "a", ending: bool = False) -> Run:
    return Run(f"t{number}", template, agent, ready, ending, float(number))


def test_missing_tasks_start_and_surplus_ones_end() -> None:
    """Sizes are met; of too many the ones that are not ready go first, then the youngest."""
    assert step(wish(3), [run(1)], ["a"]) == Step(start=2)
    assert step(wish(1), [run(1), run(2), run(3, ready=False)], ["a"]).kill == ("t3", "t2")
    assert step(wish(0), [run(1)], ["a"]) == Step(kill=("t1",))


def test_recreate_waits_for_the_end_of_the_old_ones() -> None:
    """Old tasks all end, and nothing starts while one of them is still ending."""
    recreate = replace(wish(2), recreate=True)
    assert step(recreate, [run(1, "old"), run(2, "old")], ["a"]) == Step(kill=("t1", "t2"))
    assert step(recreate, [run(1, "old", ending=True)], ["a"]).start == 0
    assert step(recreate, [], ["a"]).start == 2


def test_one_task_on_every_agent_is_replaced_one_by_one() -> None:
    """Agents without one get one; an old one goes only when all others are ready; held agents keep theirs."""
    every = Wish("uid", {"global": True}, "new")
    assert step(every, [run(1, agent="a")], ["a", "b"]).start_on == ("b",)
    old = [run(1, "old", agent="a"), run(2, "old", agent="b")]
    assert step(every, old, ["a", "b"]).kill == ("t1",)
    assert step(every, [replace(old[0], ready=False), old[1]], ["a", "b"]).kill == ("t1",)
    assert step(every, [run(3, agent="a", ready=False), old[1]], ["a", "b"]).kill == ()
    assert step(every, [run(1, "old", agent="c")], []) == Step()


@pytest.mark.parametrize(
    ("restarts", "ended", "starts"),
    [
        ("", "", True),
        ("", "TASK_FINISHED", True),
        ("", "TASK_KILLED", False),
        ("on-failure", "TASK_FAILED", True),
        ("on-failure", "TASK_FINISHED", False),
        ("never", "", True),
        ("never", "TASK_FAILED", False),
    ],
)
def test_a_pod_is_started_again_as_it_says(restarts: str, ended: str, *, starts: bool) -> None:
    """By its restart policy; what its host took away is not started again: its owner makes another pod."""
    pod = Wish("uid", {"replicas": 1, "host": "a", "restarts": restarts}, "new", ended=ended)
    assert step(pod, [], ["a"]).start_on == (("a",) if starts else ())


def test_a_deleted_pod_ends() -> None:
    """With size zero its task is killed, and nothing is started."""
    pod = Wish("uid", {"replicas": 0, "host": "a"}, "new")
    assert step(pod, [run(1)], ["a"]) == Step(kill=("t1",))
    assert step(pod, [], ["a"]) == Step()


@given(
    replicas=st.integers(0, 6),
    surge=st.integers(0, 3),
    unavailable=st.integers(0, 3),
    old=st.integers(0, 6),
    choices=st.lists(st.booleans(), min_size=200, max_size=200),
)
def test_a_roll_keeps_its_bounds_and_ends(
    replicas: int, surge: int, unavailable: int, old: int, choices: list[bool]
) -> None:
    """Whatever becomes ready when: never fewer ready or more tasks than allowed, and at last only new ones."""
    if surge == 0 and unavailable == 0:
        surge = 1
    unavailable = min(unavailable, replicas)
    wanted = wish(replicas, surge, unavailable)
    runs = [run(n, "old") for n in range(old)]
    count, ready_before = 100, min(old, replicas)
    for is_ready in choices:
        planned = step(wanted, runs, ["a"])
        runs = [r for r in runs if r.id not in planned.kill]
        ready = sum(r.ready for r in runs)
        assert ready >= min(ready_before, replicas - unavailable)
        runs += [run(count + n, ready=False) for n in range(planned.start)]
        assert len(runs) <= max(replicas + surge, old)
        count += planned.start
        runs = [replace(r, ready=r.ready or is_ready) for r in runs]
        ready_before = min(sum(r.ready for r in runs), replicas)
    final = [replace(r, ready=True) for r in runs]
    for _ in range(40):
        planned = step(wanted, final, ["a"])
        final = [r for r in final if r.id not in planned.kill] + [run(count + n) for n in range(planned.start)]
        count += planned.start
    assert [r.template for r in final] == ["new"] * replicas
