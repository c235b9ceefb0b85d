"""What a Job makes, counts and reports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.jobs.indexes import parse
from bouvier.controllers.jobs.pods import FAILURES, INDEX, TRACKING
from bouvier.meta.objects import condition_of, is_condition_true
from tests.unit.controllers.jobs.simulation import World
from tests.unit.controllers.making import job

STEPS = st.lists(
    st.tuples(st.sampled_from(["act", "well", "badly", "remove"]), st.integers(0, 9), st.integers(0, 9)), max_size=60
)


def go(world, steps):
    for step, index, die_after in steps:
        if step == "act":
            world.act(die_after)
        elif step == "remove":
            world.remove(index)
        else:
            world.end(index, well=step == "well")


def finish(world, *, well=True, rounds=80):
    for _ in range(rounds):
        world.wait()
        world.act()
        for _ in range(len(world.pods)):
            world.end(0, well=well)
    return world.job


@given(steps=STEPS, parallelism=st.integers(1, 5), completions=st.integers(1, 6))
def test_every_pod_is_counted_once_whatever_dies_when(steps, parallelism, completions):
    """Writes are lost at any point, pods end, fail and are deleted by others: the counts are those of what happened."""
    world = World(
        job(parallelism=parallelism, completions=completions, backoffLimit=1000, podReplacementPolicy="Failed")
    )
    go(world, steps)
    done = finish(world)
    assert is_condition_true(done, "Complete")
    assert done["status"]["succeeded"] == sum(world.ended.values()) >= completions
    assert done["status"].get("failed", 0) == len(world.ended) - sum(world.ended.values())
    assert world.news[-1] == "Completed"
    assert not any(pod["metadata"]["finalizers"] for pod in world.pods.values())


@given(steps=STEPS, parallelism=st.integers(1, 5), completions=st.integers(1, 6))
def test_an_indexed_job_does_each_index(steps, parallelism, completions):
    """Every index succeeds in the end, whatever happened on the way, and none is worked on twice at once."""
    world = World(job(parallelism=parallelism, completions=completions, completionMode="Indexed", backoffLimit=1000))
    go(world, steps)
    at_work = [p["metadata"]["annotations"][INDEX] for p in world.active()]
    assert len(at_work) <= parallelism
    assert len(set(at_work)) == len(at_work)
    done = finish(world)
    assert parse(done["status"]["completedIndexes"]) == set(range(completions))


@given(steps=STEPS, limit=st.integers(0, 3))
def test_the_backoff_limit_ends_the_job(steps, limit):
    """A job whose pods only fail ends with the reason, after no more failures than allowed and what ran beside."""
    world = World(job(parallelism=2, completions=4, backoffLimit=limit))
    go(world, [(step if step != "well" else "badly", *rest) for step, *rest in steps])
    done = finish(world, well=False)
    assert condition_of(done, "Failed")["reason"] == "BackoffLimitExceeded"
    assert is_condition_true(done, "FailureTarget")
    assert not world.active()


@given(limit=st.integers(0, 2), steps=STEPS)
def test_each_index_has_its_own_limit(limit, steps):
    """An index that only fails is tried limit + 1 times, and its pods know how often it failed before."""
    world = World(
        job(parallelism=2, completions=3, completionMode="Indexed", backoffLimit=2**31 - 1, backoffLimitPerIndex=limit)
    )
    go(world, [step for step in steps if step[0] == "act"])
    done = finish(world, well=False)
    assert parse(done["status"]["failedIndexes"]) == {0, 1, 2}
    assert condition_of(done, "Failed")["reason"] == "FailedIndexes"
    attempts = sorted(
        (p["metadata"]["annotations"][INDEX], p["metadata"]["annotations"][FAILURES]) for p in world.pods.values()
    )
    assert attempts == [(str(index), str(count)) for index in range(3) for count in range(limit + 1)]


def test_parallelism_is_never_exceeded():
    """Not even while pods end and are replaced."""
    world = World(job(parallelism=3, completions=10))
    finish(world)
    assert world.most_active == 3
    assert world.made == 10


def test_replacements_wait_longer_after_each_failure():
    """Ten seconds after the first failure, twenty after the second."""
    world = World(job())
    for delay in (10, 20):
        world.act()
        world.end(0, well=False)
        made = world.made
        world.wait(delay - 1)
        world.act()
        assert world.made == made
        world.wait(1)
    world.act()
    assert world.made == 3


def test_a_work_queue_ends_when_its_pods_do():
    """Without completions the first success stops new pods, and the last one to end completes the job."""
    world = World(job(parallelism=3, completions=None))
    world.act()
    world.end(0, well=True)
    world.act()
    world.act()
    assert world.made == 3
    done = finish(world)
    assert is_condition_true(done, "Complete")
    assert world.made == 3


def test_fewer_pods_are_wanted():
    """Pods that are too many lose their finalizer first: they count neither as done nor as failed."""
    world = World(job(parallelism=4, completions=9))
    world.act()
    world.job["spec"]["parallelism"] = 1
    world.act()
    assert len(world.active()) == 1
    for _ in range(9):
        world.end(0, well=False)
        world.act()
    assert world.job["status"].get("failed", 0) == 1


def test_withdrawn_pods_delay_nothing():
    """Fewer pods and then more again: what still ends was no failure, so nobody waits for it."""
    world = World(job(parallelism=4, completions=9))
    world.act()
    for parallelism in (1, 4):
        world.job["spec"]["parallelism"] = parallelism
        world.act()
    assert len(world.active()) == 4


def test_suspending_stops_the_clock():
    """No pods, no start time; the deadline begins anew when the job goes on."""
    world = World(job(activeDeadlineSeconds=100))
    world.act()
    world.job["spec"]["suspend"] = True
    world.act()
    assert not world.active()
    assert "startTime" not in world.job["status"]
    world.wait(500)
    world.job["spec"]["suspend"] = False
    world.act()
    world.act()
    assert world.active()
    world.wait(101)
    world.act()
    assert condition_of(world.job, "FailureTarget")["reason"] == "DeadlineExceeded"


@pytest.mark.parametrize(("restarts", "over"), [(2, False), (3, True)])
def test_restarts_in_place_count_against_the_limit(restarts, over):
    """With restartPolicy OnFailure the containers' restarts are the failures."""
    world = World(job(restart="OnFailure", backoffLimit=3))
    world.act()
    next(iter(world.pods.values()))["status"]["containerStatuses"] = [{"name": "c", "restartCount": restarts}]
    world.act()
    assert bool(condition_of(world.job, "FailureTarget")) is over


def test_ignored_failures_cost_nothing():
    """A pod that was driven from its host is replaced and not counted."""
    rules = [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}]
    world = World(job(backoffLimit=0, podFailurePolicy={"rules": rules}))
    world.act()
    pod = next(iter(world.pods.values()))
    world.end(0, well=False)
    pod["status"]["conditions"] = [{"type": "DisruptionTarget", "status": "True"}]
    done = finish(world)
    assert is_condition_true(done, "Complete")
    assert "failed" not in done["status"]


def test_the_last_condition_waits_for_the_last_pod():
    """A job that failed is announced at once, but over only when nothing runs any more."""
    world = World(job(parallelism=2, completions=2, backoffLimit=0, podReplacementPolicy="Failed"))
    world.act()
    world.end(0, well=False)
    world.act()
    world.act()
    assert is_condition_true(world.job, "FailureTarget")
    assert not condition_of(world.job, "Failed")
    assert world.job["status"]["terminating"] == 1
    world.end(0, well=False)
    world.act()
    world.act()
    assert is_condition_true(world.job, "Failed")
    assert world.job["status"]["failed"] == 2


def test_pods_are_made_with_what_their_work_needs():
    """Finalizer, owner, index in all its forms, and the template's own variables first."""
    world = World(job(completionMode="Indexed"))
    world.act()
    pod = next(iter(world.pods.values()))
    assert pod["metadata"]["finalizers"] == [TRACKING]
    assert pod["metadata"]["labels"][INDEX] == pod["metadata"]["annotations"][INDEX] == "0"
    assert pod["spec"]["hostname"] == "sum-0"
