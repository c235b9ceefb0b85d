"""DaemonSets."""

from tests.unit.kinds.making import defaulted, errors_of, kind_named, row_of, workload

KIND = kind_named("daemonsets", "apps")


def test_defaults():
    """One host at a time."""
    spec = defaulted(KIND, workload("DaemonSet"))["spec"]
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}
    assert "replicas" not in spec


def test_either_missing_or_surplus():
    """Pods are missing during an update or there are more, not both and not neither."""
    both = workload("DaemonSet", updateStrategy={"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}})
    assert errors_of(KIND, both) == [
        "spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"
    ]
    neither = workload("DaemonSet", updateStrategy={"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}})
    assert errors_of(KIND, neither) == [
        "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"
    ]


def test_cells():
    """Numbers of hosts."""
    obj = workload("DaemonSet")
    obj["status"] = {"desiredNumberScheduled": 3, "numberReady": 2}
    found = row_of(KIND, obj)
    assert (found["Desired"], found["Ready"], found["Node Selector"]) == (3, 2, "<none>")
