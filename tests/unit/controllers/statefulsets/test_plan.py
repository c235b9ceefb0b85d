"""The order in which a StatefulSet's pods come, go and are replaced."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.statefulsets.identity import NO_ORDINAL, ordinal_of
from bouvier.controllers.statefulsets.plan import Observed, plan
from bouvier.controllers.statefulsets.status import status
from bouvier.controllers.workloads.revisions import present
from tests.unit.controllers.making import NOW, ago, pod, stateful_set, template


def member(ordinal, revision, **more):
    name = revision["metadata"]["name"]
    return pod(f"db-{ordinal}", labels={"app": "web", "controller-revision-hash": name}, **more)


def rev(image):
    return present(stateful_set(image=image), []).revision


ONE, TWO = rev("db:1"), rev("db:2")


def planned(made, pods, current=ONE, update=ONE):
    return plan(Observed(made, pods, current, update, NOW))


def names(pods):
    return [p["metadata"]["name"] for p in pods]


def test_names_of_other_owners_are_not_ordinals():
    """`db-01`, `db-x` and `web-1` are no pods of `db`."""
    made = stateful_set()
    assert [ordinal_of(made, pod(n)) for n in ("db-0", "db-12")] == [0, 12]
    assert {ordinal_of(made, pod(n)) for n in ("db-01", "db-x", "web-1", "db--1", "db-")} == {NO_ORDINAL}


def test_the_next_pod_waits_for_the_one_before():
    """In order, nothing is made while a lower ordinal is not ready; in parallel everything is."""
    assert names(planned(stateful_set(), []).create) == ["db-0"]
    assert not planned(stateful_set(), [member(0, ONE, ready=False)]).create
    assert names(planned(stateful_set(), [member(0, ONE)]).create) == ["db-1"]
    parallel = stateful_set(podManagementPolicy="Parallel")
    assert names(planned(parallel, [member(1, ONE, ready=False)]).create) == ["db-0", "db-2"]


def test_ready_is_not_yet_available():
    """minReadySeconds holds the next step back."""
    made = stateful_set(minReadySeconds=30)
    assert not planned(made, [member(0, ONE, ready_for=10)]).create
    assert planned(made, [member(0, ONE, ready_for=40)]).create


def test_ordinals_may_start_elsewhere():
    """With `ordinals.start` the names begin there, and lower ones are too much."""
    made = planned(stateful_set(1, ordinals={"start": 5}), [member(5, ONE), member(0, ONE)])
    assert names(made.delete) == ["db-0"]


def test_failed_pods_are_made_anew():
    """A pod that ended is deleted so that its name becomes free."""
    assert names(planned(stateful_set(1), [member(0, ONE, phase="Failed", ready=False)]).delete) == ["db-0"]


def test_scaling_down_takes_the_highest_and_waits():
    """One at a time, and not while the one before is still ending."""
    pods = [member(n, ONE) for n in range(4)]
    assert names(planned(stateful_set(2), pods).delete) == ["db-3"]
    pods[3]["metadata"]["deletionTimestamp"] = ago(1)
    assert not planned(stateful_set(2), pods).delete


def test_a_broken_set_can_be_scaled_down():
    """A pod that never becomes ready does not block its own removal."""
    pods = [member(0, ONE), member(1, ONE, ready=False)]
    assert names(planned(stateful_set(1), pods).delete) == ["db-1"]


@pytest.mark.parametrize(("partition", "expected"), [(0, ["db-2"]), (2, ["db-2"]), (3, [])])
def test_updates_go_down_to_the_partition(partition, expected):
    """Pods below the partition keep the former template, also when they are made anew."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    made = stateful_set(image="db:2", updateStrategy=strategy)
    pods = [member(n, ONE) for n in range(3)]
    assert names(planned(made, pods, ONE, TWO).delete) == expected
    created = planned(made, pods[1:], ONE, TWO).create[0]
    assert created["spec"]["containers"][0]["image"] == ("db:1" if partition else "db:2")


def test_max_unavailable_replaces_several_at_once():
    """What is down already counts."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}}
    made = stateful_set(4, image="db:2", updateStrategy=strategy, podManagementPolicy="Parallel")
    pods = [member(n, ONE) for n in range(4)]
    assert names(planned(made, pods, ONE, TWO).delete) == ["db-3", "db-2"]
    pods[0] = member(0, ONE, ready=False)
    assert names(planned(made, pods, ONE, TWO).delete) == ["db-3"]


def test_claims_replace_volumes_of_the_same_name():
    """A pod mounts its own claim where the template had a volume of that name."""
    claim = {"metadata": {"name": "data"}, "spec": {}}
    with_volume = template()
    with_volume["spec"]["volumes"] = [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]
    made = stateful_set(template=with_volume, volumeClaimTemplates=[claim])
    revision = present(made, []).revision
    volumes = planned(made, [], revision, revision).create[0]["spec"]["volumes"]
    assert volumes == [
        {"name": "tmp", "emptyDir": {}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}},
    ]


def test_status_ends_an_update_when_all_pods_have_it():
    """`kubectl rollout status` waits until the current revision is the new one."""
    made = stateful_set(2, image="db:2")
    half = status(Observed(made, [member(0, ONE), member(1, TWO)], ONE, TWO, NOW))
    assert (half["currentRevision"], half["updatedReplicas"], half["currentReplicas"]) == (
        ONE["metadata"]["name"],
        1,
        1,
    )
    done = status(Observed(made, [member(0, TWO), member(1, TWO)], ONE, TWO, NOW))
    assert done["currentRevision"] == done["updateRevision"] == TWO["metadata"]["name"]
    assert done["currentReplicas"] == 2


STEPS = st.lists(
    st.tuples(st.sampled_from(["act", "start", "go", "scale", "update"]), st.integers(0, 5)), min_size=10, max_size=80
)


@given(steps=STEPS)
def test_order_holds_whatever_happens(steps):
    """A pod is only made when all lower ones are up, none ends before a higher one is gone, and the end is right."""
    world = Set()
    for step, index in steps:
        getattr(world, step)(index)
    for _ in range(60):
        for step in (world.act, world.start, world.go):
            step(0)
    wanted = world.set["spec"]["replicas"]
    assert sorted(names(world.pods)) == [f"db-{n}" for n in range(wanted)]
    assert all(p["metadata"]["labels"]["controller-revision-hash"] == world.update_name() for p in world.pods)


class Set:
    """A StatefulSet whose pods start and end when told."""

    def __init__(self):
        self.set = stateful_set(2)
        self.pods = []
        self.current = ONE

    def revision(self):
        return rev(self.set["spec"]["template"]["spec"]["containers"][0]["image"])

    def update_name(self):
        return self.revision()["metadata"]["name"]

    def act(self, _index):
        observed = Observed(self.set, self.pods, self.current, self.revision(), NOW)
        steps = plan(observed)
        assert len(steps.create) + len(steps.delete) <= 1
        for new in steps.create:
            ordinal = ordinal_of(self.set, new)
            lower = [p for p in self.pods if ordinal_of(self.set, p) < ordinal]
            assert len(lower) == ordinal
            assert all(_is_ready(p) and not p["metadata"].get("deletionTimestamp") for p in lower)
            self.pods.append(pod(new["metadata"]["name"], labels=new["metadata"]["labels"], ready=False))
        for gone in steps.delete:
            higher = [p for p in self.pods if ordinal_of(self.set, p) > ordinal_of(self.set, gone)]
            assert not any(p["metadata"].get("deletionTimestamp") for p in higher)
            gone["metadata"]["deletionTimestamp"] = ago(0)
        if status(observed)["currentRevision"] == self.update_name():
            self.current = self.revision()

    def start(self, index):
        waiting = [p for p in self.pods if not _is_ready(p)]
        if waiting:
            waiting[index % len(waiting)]["status"]["conditions"][0]["status"] = "True"

    def go(self, index):
        ending = [p for p in self.pods if p["metadata"].get("deletionTimestamp")]
        if ending:
            self.pods.remove(ending[index % len(ending)])

    def scale(self, index):
        self.set["spec"]["replicas"] = index

    def update(self, index):
        self.set["spec"]["template"] = template(f"db:{index % 3}")


def _is_ready(each):
    return each["status"]["conditions"][0]["status"] == "True"
