"""The words of `kubectl get pods`."""

import pytest

from tests.unit.kinds.making import container, kind_named, pod, row_of

POD = kind_named("pods")
RUNNING = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


def status_of(name="main", *, ready=False, restarts=0, state=None, last=None, **more):
    return {
        "name": name,
        "ready": ready,
        "restartCount": restarts,
        "state": state or {},
        "lastState": last or {},
        **more,
    }


def row(status, *, deleting=False, **spec):
    obj = pod(**spec)
    obj["status"] = status
    if deleting:
        obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return row_of(POD, obj)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ({"phase": "Pending"}, "Pending"),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        ({"phase": "Running", "containerStatuses": [status_of(ready=True, state=RUNNING)]}, "Running"),
        (
            {"phase": "Running", "containerStatuses": [status_of(state={"waiting": {"reason": "CrashLoopBackOff"}})]},
            "CrashLoopBackOff",
        ),
        (
            {"phase": "Succeeded", "containerStatuses": [status_of(state={"terminated": {"reason": "Completed"}})]},
            "Completed",
        ),
        (
            {"phase": "Failed", "containerStatuses": [status_of(state={"terminated": {"exitCode": 3}})]},
            "ExitCode:3",
        ),
        ({"phase": "Failed", "containerStatuses": [status_of(state={"terminated": {"signal": 9}})]}, "Signal:9"),
        (
            {
                "phase": "Pending",
                "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
            },
            "SchedulingGated",
        ),
    ],
)
def test_the_status_is_the_most_telling_word(status, word):
    """A container's trouble is told rather than the phase."""
    assert row(status)["Status"] == word


@pytest.mark.parametrize(
    ("inits", "word"),
    [
        ([status_of("one", state=RUNNING)], "Init:0/2"),
        ([status_of("one", state={"terminated": {"exitCode": 0}}), status_of("two")], "Init:1/2"),
        ([status_of("one", state={"waiting": {"reason": "ImagePullBackOff"}})], "Init:ImagePullBackOff"),
        ([status_of("one", state={"terminated": {"exitCode": 1, "reason": "Error"}})], "Init:Error"),
        ([status_of("one", state={"waiting": {"reason": "PodInitializing"}})], "Init:0/2"),
    ],
)
def test_init_containers_come_first(inits, word):
    """While one has not finished, the pod is initialising."""
    found = row(
        {"phase": "Pending", "initContainerStatuses": inits}, initContainers=[container("one"), container("two")]
    )
    assert found["Status"] == word


def test_sidecars_count_as_ready_containers():
    """An init container that stays is one of the pod's containers."""
    status = {
        "phase": "Running",
        "initContainerStatuses": [status_of("side", ready=True, started=True, restarts=1, state=RUNNING)],
        "containerStatuses": [status_of(ready=True, restarts=2, state=RUNNING)],
    }
    found = row(status, initContainers=[container("side", restartPolicy="Always")])
    assert (found["Ready"], found["Status"], found["Restarts"]) == ("2/2", "Running", "3")


def test_deletion():
    """A pod on its way out is terminating, unless it has ended or its host is lost."""
    assert row({"phase": "Running"}, deleting=True)["Status"] == "Terminating"
    assert row({"phase": "Succeeded"}, deleting=True)["Status"] == "Succeeded"
    assert row({"phase": "Running", "reason": "NodeLost"}, deleting=True)["Status"] == "Unknown"


def test_restarts_tell_when():
    """The last restart's age stands beside the count."""
    last = {"terminated": {"finishedAt": "2020-01-01T00:00:00Z"}}
    found = row({"phase": "Running", "containerStatuses": [status_of(restarts=4, state=RUNNING, last=last)]})
    assert found["Restarts"].startswith("4 (")
    assert found["Restarts"].endswith(" ago)")


def test_wide_cells():
    """Address, host, nomination and gates."""
    status = {
        "phase": "Running",
        "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}],
        "conditions": [{"type": "a/b", "status": "True"}],
    }
    found = row(status, nodeName="one", readinessGates=[{"conditionType": "a/b"}, {"conditionType": "a/c"}])
    assert (found["IP"], found["Node"], found["Nominated Node"]) == ("10.0.0.1", "one", "<none>")
    assert found["Readiness Gates"] == "1/2"
