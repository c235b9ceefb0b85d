"""ReplicaSets and their older relative."""

from tests.unit.kinds.making import container, defaulted, errors_of, kind_named, row_of, workload

KIND = kind_named("replicasets", "apps")
OLDER = kind_named("replicationcontrollers")


def test_replica_sets():
    """One replica unless said, its pods found by its selector."""
    assert defaulted(KIND, workload("ReplicaSet"))["spec"]["replicas"] == 1
    assert errors_of(KIND, workload("ReplicaSet")) == []
    assert "does not match" in errors_of(KIND, workload("ReplicaSet", labels={}))[0]
    assert KIND.selectable["status.replicas"]({"metadata": {}, "status": {"replicas": 0}}) == "0"


def test_replication_controllers_select_by_their_template():
    """Selector and labels come from the template."""
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [container()]}}
    obj = {"metadata": {"name": "a", "namespace": "x"}, "spec": {"template": template}}
    filled = defaulted(OLDER, obj)
    assert filled["spec"]["selector"] == filled["metadata"]["labels"] == {"a": "b"}
    assert errors_of(OLDER, obj) == []
    assert row_of(OLDER, filled)["Selector"] == "a=b"
