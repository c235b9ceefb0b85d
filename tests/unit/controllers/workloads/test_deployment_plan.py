"""Whole lives of Deployments, simulated step by step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.controllers.workloads.deployment_sizes import max_surge, min_available
from tests.unit.controllers.making import deployment
from tests.unit.controllers.workloads.simulation import Simulation

REVISION = "deployment.kubernetes.io/revision"
amounts = st.one_of(st.integers(0, 6), st.sampled_from(["0%", "10%", "25%", "50%", "100%"]))


def rolling(surge=1, unavailable=0):
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}


def running(replicas=3, **spec):
    simulation = Simulation(deployment(replicas, **spec))
    simulation.everyone_acts(30)
    assert simulation.ready() == replicas
    return simulation


@settings(max_examples=150, deadline=None)
@given(data=st.data(), replicas=st.integers(1, 12), surge=amounts, unavailable=amounts)
def test_a_rolling_update_keeps_its_promises_at_every_step(data, replicas, surge, unavailable):
    """Never more than desired + surge pods, never fewer ready ones than desired - unavailable, in any order of events."""
    world = running(replicas, strategy=rolling(surge, unavailable))
    most, least = replicas + max_surge(world.deployment), min_available(world.deployment)
    world.set_image("web:2")
    for _ in range(data.draw(st.integers(5, 60))):
        names = sorted(world.sets)
        step = data.draw(st.sampled_from(["deployment", "act", "report", "start"]))
        if step == "deployment":
            world.deployment_acts()
        elif step == "start":
            world.pod_starts(data.draw(st.integers(0, 20)))
        else:
            name = data.draw(st.sampled_from(names))
            (world.set_acts if step == "act" else world.set_reports)(name)
        assert world.active() <= most
        assert world.ready() >= least
    world.everyone_acts(80)
    assert world.ready() == world.active() == replicas
    assert {p["metadata"]["owner"] for p in world.pods.values()} == {world.current()["metadata"]["name"]}
    assert world.condition("Progressing")["reason"] == "NewReplicaSetAvailable"


@settings(max_examples=60, deadline=None)
@given(data=st.data(), sizes=st.lists(st.integers(0, 12), min_size=1, max_size=4), surge=amounts, unavailable=amounts)
def test_scaling_in_the_midst_of_an_update_ends_as_wanted(data, sizes, surge, unavailable):
    """However often sizes and templates change meanwhile, the last wish is what remains."""
    world = running(5, strategy=rolling(surge, unavailable))
    for number, size in enumerate(sizes):
        world.set_image(f"web:{data.draw(st.integers(1, 3))}.{number % 2}")
        world.everyone_acts(data.draw(st.integers(0, 3)))
        world.scale(size)
        world.everyone_acts(data.draw(st.integers(0, 3)))
    world.everyone_acts(80)
    assert world.ready() == world.active() == sizes[-1]
    assert world.current()["spec"]["replicas"] == sizes[-1]


def test_a_broken_version_leaves_the_promised_pods_serving():
    """An image that never starts stops the update, and the deadline says so."""
    world = running(4, strategy=rolling(1, 1), progressDeadlineSeconds=30)
    world.broken_images = frozenset(["web:bad"])
    world.set_image("web:bad")
    world.everyone_acts(60)
    assert world.ready() == 3
    progressing = world.condition("Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert "has timed out progressing" in progressing["message"]
    assert world.condition("Available")["status"] == "True"


def test_going_back_gives_the_old_set_the_highest_revision():
    """`kubectl rollout undo` patches the template; history then shows the old version under a new number."""
    world = running(2)
    first = world.current()["metadata"]["name"]
    world.set_image("web:2")
    world.everyone_acts(30)
    assert world.current()["metadata"]["annotations"][REVISION] == "2"
    world.set_image("web:1")
    world.everyone_acts(30)
    annotations = world.current()["metadata"]["annotations"]
    assert world.current()["metadata"]["name"] == first
    assert annotations[REVISION] == "3"
    assert annotations["deployment.kubernetes.io/revision-history"] == "1"
    assert world.deployment["metadata"]["annotations"][REVISION] == "3"


def test_a_broken_version_is_undone():
    """Undo works from a stuck update, and the stuck pods are gone."""
    world = running(4, strategy=rolling(1, 1), progressDeadlineSeconds=5)
    world.broken_images = frozenset(["web:bad"])
    world.set_image("web:bad")
    world.everyone_acts(20)
    world.set_image("web:1")
    world.everyone_acts(20)
    assert world.ready() == world.active() == 4
    assert world.condition("Progressing")["status"] == "True"


def test_history_is_cleaned_up_to_its_limit():
    """Old sets do not pile up; the youngest old revisions stay for undo."""
    world = running(1, revisionHistoryLimit=2)
    for version in range(2, 7):
        world.set_image(f"web:{version}")
        world.everyone_acts(20)
    revisions = sorted(rs["metadata"]["annotations"][REVISION] for rs in world.sets.values())
    assert revisions == ["4", "5", "6"]


def test_recreate_never_runs_two_versions_at_once():
    """All old pods are gone before the first new one is made."""
    world = running(3, strategy={"type": "Recreate"})
    world.set_image("web:2")
    for _ in range(40):
        world.everyone_acts(1)
        assert len({p["metadata"]["owner"] for p in world.pods.values()}) <= 1
    assert world.ready() == 3
    assert world.condition("Progressing")["reason"] == "NewReplicaSetAvailable"


def test_a_paused_deployment_scales_but_does_not_update():
    """Changes collect while paused and are rolled out together afterwards."""
    world = running(3)
    world._change(paused=True)
    world.set_image("web:2")
    world.scale(5)
    world.everyone_acts(10)
    assert len(world.sets) == 1
    assert world.ready() == 5
    assert world.condition("Progressing")["reason"] == "DeploymentPaused"
    world._change(paused=False)
    world.everyone_acts(1)
    assert world.condition("Progressing")["reason"] in (
        "DeploymentResumed",
        "NewReplicaSetCreated",
        "ReplicaSetUpdated",
    )
    world.everyone_acts(30)
    assert world.current()["spec"]["template"]["spec"]["containers"][0]["image"] == "web:2"
    assert world.ready() == 5


def test_scaling_during_an_update_is_shared_in_proportion():
    """Kubernetes' documented example: 10 to 15 with maxSurge 3, sets of 8 and 5, gives 11 and 7 of 18."""
    world = running(10, strategy=rolling(3, 2))
    world.broken_images = frozenset(["web:bad"])
    world.set_image("web:bad")
    world.everyone_acts(20)
    assert sorted(rs["spec"]["replicas"] for rs in world.sets.values()) == [5, 8]
    world.scale(15)
    world.deployment_acts()
    assert sorted(rs["spec"]["replicas"] for rs in world.sets.values()) == [7, 11]


def test_scaling_is_reported_in_words():
    """`kubectl describe` shows each step."""
    world = running(2, strategy=rolling(1, 0))
    world.set_image("web:2")
    world.everyone_acts(20)
    old, new = sorted(world.sets, key=lambda name: world.sets[name]["metadata"]["annotations"][REVISION])
    assert f"Scaled down replica set {old} from 2 to 1" in world.events
    assert f"Scaled up replica set {new} from 1 to 2" in world.events


def test_a_finished_deployment_writes_nothing_more():
    """The controller is silent at rest: a second look changes nothing."""
    world = running(3)
    before = (world.deployment, dict(world.sets))
    world.deployment_acts()
    assert (world.deployment, world.sets) == before


def test_a_new_min_ready_seconds_reaches_the_present_set():
    """It is not part of the template and needs no new version."""
    world = running(1)
    world._change(minReadySeconds=7)
    world.deployment_acts()
    assert world.current()["spec"]["minReadySeconds"] == 7
    assert len(world.sets) == 1


def test_an_empty_deployment_is_complete():
    """Zero replicas are a legitimate wish."""
    world = running(3)
    world.scale(0)
    world.everyone_acts(10)
    assert world.active() == 0
    assert world.condition("Available")["status"] == "True"


@pytest.mark.parametrize("deadline", [2**31 - 1, None])
def test_without_deadline_there_is_no_progress_condition(deadline):
    """Who wants no deadline is not told about progress."""
    world = running(1, progressDeadlineSeconds=deadline)
    assert world.condition("Progressing") == {}
