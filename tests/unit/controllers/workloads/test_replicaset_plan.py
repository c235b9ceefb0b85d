"""How many pods a ReplicaSet makes and gives up."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.workloads.replicaset_plan import BURST, plan
from tests.unit.controllers.making import NOW, ago, pod, replica_set


@given(desired=st.integers(0, 30), present=st.integers(0, 30), ended=st.integers(0, 5))
def test_the_plan_ends_with_as_many_active_pods_as_wanted(desired, present, ended):
    """After one step the number is right, and ended pods are neither counted nor deleted."""
    pods = [pod(f"p{i}") for i in range(present)] + [pod(f"e{i}", phase="Failed") for i in range(ended)]
    made = plan(replica_set(replicas=desired), pods, lambda: pods, NOW)
    assert present + made.create - len(made.delete) == desired
    assert all(p["metadata"]["name"].startswith("p") for p in made.delete)


def test_unready_pods_go_before_ready_ones():
    """Scaling down costs no served request while broken pods remain."""
    pods = [pod("good"), pod("bad", ready=False), pod("fine")]
    made = plan(replica_set(replicas=2), pods, lambda: pods, NOW)
    assert [p["metadata"]["name"] for p in made.delete] == ["bad"]


def test_a_large_step_is_made_in_bursts():
    """Five thousand pods are not asked for at once."""
    assert plan(replica_set(replicas=5000), [], list, NOW).create == BURST


def test_a_set_that_is_being_deleted_creates_nothing():
    """Its pods are going away with it."""
    ending = replica_set()
    ending["metadata"]["deletionTimestamp"] = ago(1)
    assert plan(ending, [], list, NOW).create == 0
