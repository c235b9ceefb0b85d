"""Revision numbers and the annotations around them."""

from bouvier.controllers.workloads.deployment_revisions import (
    MAX_REPLICAS,
    REVISION,
    REVISION_HISTORY,
    annotate,
    expired,
    next_revision,
    size_annotations,
)
from tests.unit.controllers.making import deployment, replica_set


def revised(name, revision, replicas=0, history=""):
    made = replica_set(name, replicas)
    made["metadata"]["annotations"] = {REVISION: str(revision)} | ({REVISION_HISTORY: history} if history else {})
    made["status"] = {"observedGeneration": 1, "replicas": replicas}
    return made


def test_the_users_annotations_reach_the_set_and_bookkeeping_does_not():
    """`kubernetes.io/change-cause` is shown by `rollout history`; the last-applied text would only take space."""
    owner = deployment()
    owner["metadata"]["annotations"] = {
        "kubernetes.io/change-cause": "because",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        REVISION: "1",
    }
    assert annotate(replica_set(), owner, 2) == {"kubernetes.io/change-cause": "because", REVISION: "2"}


def test_a_revision_only_rises_and_remembers_where_it_was():
    """Numbers are never given twice."""
    assert next_revision([revised("a", 3), revised("b", 7)]) == 8
    assert annotate(revised("a", 3, history="1"), deployment(), 8) == {REVISION: "8", REVISION_HISTORY: "1,3"}
    assert annotate(revised("a", 9), deployment(), 8)[REVISION] == "9"


def test_a_long_history_loses_its_oldest_part():
    """Annotations have a limit; two thousand characters are kept."""
    history = ",".join(str(number) for number in range(1, 600))
    kept = annotate(revised("a", 600, history=history), deployment(), 601)[REVISION_HISTORY]
    assert len(kept) <= 2000
    assert kept.endswith(",600")


def test_only_empty_and_settled_sets_expire():
    """A set that still has pods is never removed, whatever the limit."""
    owner = deployment(revisionHistoryLimit=1)
    old = [revised("a", 1), revised("b", 2, replicas=1), revised("c", 3)]
    assert [rs["metadata"]["name"] for rs in expired(owner, old)] == ["a"]
    assert expired(deployment(revisionHistoryLimit=None), old) == []


def test_sizes_are_written_for_the_next_proportional_change():
    """Desired and greatest size as of the last scaling."""
    owner = deployment(10, strategy={"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}})
    assert size_annotations(owner)[MAX_REPLICAS] == "13"
