"""The status that a pod shows."""

from __future__ import annotations

from typing import Any

import pytest

from bouvier.engine.states import Phase
from bouvier.meta.objects import Obj, condition_of
from bouvier.node.pods.identity import Role
from bouvier.node.pods.publish import status_patch
from bouvier.node.pods.seen import Failure, ProbeView, Seen
from bouvier.node.pods.status import Host, pod_status
from tests.support.pods import NOW, container, pod, record, sandbox, seen

APP = container()
CREATED, RUNNING, EXITED = Phase.CREATED, Phase.RUNNING, Phase.EXITED
TEXT = "2027-01-15T08:00:00Z"


def status_of(of: Obj, what: Seen) -> Obj:
    return pod_status(of, what, NOW, TEXT, Host("192.0.2.1", "docker"))


def condition(status: Obj, kind: str) -> tuple[str, str]:
    found = condition_of({"metadata": {}, "status": status}, kind)
    assert found is not None
    return found["status"], found.get("reason", "")


def app_of(status: Obj) -> Obj:
    return status["containerStatuses"][0]


def test_a_new_pod() -> None:
    """It is Pending, its container is being created, and the start time is now."""
    status = status_of(pod(), Seen())
    assert status["phase"] == "Pending"
    assert status["startTime"] == TEXT
    assert status["hostIP"] == "192.0.2.1"
    assert "podIP" not in status
    assert app_of(status)["state"] == {"waiting": {"reason": "ContainerCreating"}}
    assert condition(status, "Ready") == ("False", "ContainersNotReady")
    assert condition(status, "PodReadyToStartContainers") == ("False", "")


def test_a_running_pod() -> None:
    """Without probes it is ready as soon as it runs."""
    status = status_of(pod(), seen(sandbox(), record(APP, RUNNING)))
    assert status["phase"] == "Running"
    assert status["podIPs"] == [{"ip": "10.42.0.9"}]
    assert app_of(status)["containerID"] == "docker://app-0"
    assert app_of(status)["state"] == {"running": {"startedAt": "2027-01-15T07:59:00Z"}}
    for kind in ("PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"):
        assert condition(status, kind) == ("True", "")


def test_probes_decide_readiness() -> None:
    """No answer yet is not ready; a container that has not started up is neither started nor ready."""
    app = container(readinessProbe={"exec": {}}, startupProbe={"exec": {}})
    found = (sandbox(), record(app, RUNNING))
    assert not app_of(status_of(pod(app), seen(*found)))["started"]
    view = {"app-0": ProbeView(started=True)}
    assert app_of(status_of(pod(app), seen(*found, probes=view)))["started"]
    assert not app_of(status_of(pod(app), seen(*found, probes=view)))["ready"]
    view = {"app-0": ProbeView(started=True, ready=True)}
    assert condition(status_of(pod(app), seen(*found, probes=view)), "Ready") == ("True", "")


def test_an_ending_pod_is_not_ready() -> None:
    """Traffic must stop at once, while the containers still run."""
    status = status_of(pod(), seen(sandbox(), record(APP, RUNNING), ending_since=NOW))
    assert not app_of(status)["ready"]
    assert condition(status, "Ready") == ("False", "ContainersNotReady")
    assert status["phase"] == "Running"


def test_crash_loop() -> None:
    """The waiting state says for how long and the last state how it ended."""
    ended = record(APP, EXITED, attempt=3, level=2, code=2, started=-3, ended=-2)
    status = status_of(pod(), seen(sandbox(), ended))
    waiting = app_of(status)["state"]["waiting"]
    assert waiting["reason"] == "CrashLoopBackOff"
    assert waiting["message"] == "back-off 20s restarting failed container=app pod=p_ns(uid-1)"
    assert app_of(status)["lastState"]["terminated"]["exitCode"] == 2
    assert app_of(status)["restartCount"] == 3
    assert status["phase"] == "Running"


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({}, 0, "Completed"),
        ({}, 1, "Error"),
        ({"out_of_memory": True}, 137, "OOMKilled"),
    ],
)
def test_terminated_reasons(fields: dict[str, Any], code: int, reason: str) -> None:
    """How a container ended is told in Kubernetes' words."""
    status = status_of(pod(restartPolicy="Never"), seen(sandbox(), record(APP, EXITED, code=code, **fields)))
    assert app_of(status)["state"]["terminated"]["reason"] == reason
    assert status["phase"] == ("Failed" if code else "Succeeded")
    assert condition(status, "Ready")[1] == ("PodFailed" if code else "PodCompleted")


def test_a_container_that_could_not_start() -> None:
    """While it waits for the next try its state says what the engine said."""
    broken = record(APP, EXITED, level=1, error="no such program", ended=-1)
    broken = type(broken)(
        **{f: getattr(broken, f) for f in broken.__dataclass_fields__} | {"state": _never_started(broken)}
    )
    status = status_of(pod(), seen(sandbox(), broken))
    assert app_of(status)["state"]["waiting"] == {"reason": "RunContainerError", "message": "no such program"}
    terminated = app_of(status)["lastState"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (128, "StartError")


def _never_started(of: Any) -> Any:
    from dataclasses import replace

    return replace(of.state, started_at="", finished_at="", created_at=of.state.finished_at)


def test_a_failed_pull_becomes_a_back_off() -> None:
    """First the error, then that it will be tried again."""
    for age, reason in ((1, "ErrImagePull"), (5, "ImagePullBackOff")):
        failure = Failure("ErrImagePull", "not there", NOW - age, NOW + 5)
        status = status_of(pod(), seen(sandbox(), failures={"image:app": failure}))
        waiting = app_of(status)["state"]["waiting"]
        assert waiting["reason"] == reason
        assert "not there" in waiting["message"]


def test_a_failed_volume_is_told() -> None:
    """What keeps the pod from starting stands in the container's state."""
    failure = Failure("ContainerCreating", 'volume "v": no', NOW, NOW + 5)
    status = status_of(pod(), Seen(failures={"volumes": failure}))
    assert app_of(status)["state"]["waiting"]["message"] == 'volume "v": no'


def test_init_containers() -> None:
    """Until they are done the others initialise, and the condition names who is missing."""
    one = container("one")
    of = pod(init=[one])
    status = status_of(of, seen(sandbox(), record(one, RUNNING, role=Role.INIT)))
    assert app_of(status)["state"]["waiting"]["reason"] == "PodInitializing"
    assert status["phase"] == "Pending"
    assert condition(status, "Initialized") == ("False", "ContainersNotInitialized")
    done = status_of(of, seen(sandbox(), record(one, EXITED, role=Role.INIT), record(APP, RUNNING)))
    assert done["initContainerStatuses"][0]["ready"]
    assert condition(done, "Initialized") == ("True", "")


def test_nothing_of_a_pod_with_init_containers_is_said_to_be_created() -> None:
    """Whoever waits for another one to end initialises: before there is a sandbox, and between two of them."""
    one, two = container("one"), container("two")
    for known in (Seen(), seen(sandbox()), seen(sandbox(), record(one, EXITED, role=Role.INIT))):
        status = status_of(pod(init=[one, two]), known)
        waiting = [*status["initContainerStatuses"][1:], *status["containerStatuses"]]
        assert [entry["state"]["waiting"]["reason"] for entry in waiting] == ["PodInitializing"] * 2


def test_readiness_gates() -> None:
    """A gate that nobody has opened keeps a pod out of service."""
    of = pod(readinessGates=[{"conditionType": "example.com/gate"}])
    status = status_of(of, seen(sandbox(), record(APP, RUNNING)))
    assert condition(status, "ContainersReady") == ("True", "")
    assert condition(status, "Ready") == ("False", "ReadinessGatesNotReady")
    of["status"] = {"conditions": [{"type": "example.com/gate", "status": "True"}]}
    assert condition(status_of(of, seen(sandbox(), record(APP, RUNNING))), "Ready") == ("True", "")


def test_a_container_lost_while_ending() -> None:
    """A deleted pod whose containers nobody finds any more has ended with an unknown status."""
    old = {
        "containerStatuses": [{"name": "app", "containerID": "docker://x", "restartCount": 2, "state": {"running": {}}}]
    }
    of = pod(status=old)
    of["metadata"]["deletionTimestamp"] = TEXT
    status = status_of(of, Seen(ending_since=NOW))
    assert app_of(status)["state"]["terminated"]["reason"] == "ContainerStatusUnknown"
    assert app_of(status)["restartCount"] == 2
    assert status["phase"] == "Failed"


def test_transition_times_stay() -> None:
    """A condition keeps its time while its status stays."""
    first = status_of(pod(), seen(sandbox(), record(APP, RUNNING)))
    for entry in first["conditions"]:
        entry["lastTransitionTime"] = "2020-01-01T00:00:00Z"
    again = status_of(pod(status=first), seen(sandbox(), record(APP, RUNNING)))
    assert {entry["lastTransitionTime"] for entry in again["conditions"]} == {"2020-01-01T00:00:00Z"}
    assert status_patch(first, again) == {}


def test_the_patch_leaves_other_writers_alone() -> None:
    """Only what differs is sent; conditions of others never, fields that went as null."""
    other = {"type": "PodScheduled", "status": "True"}
    old = {
        "phase": "Running",
        "reason": "x",
        "podIPs": [{"ip": "a"}],
        "conditions": [other, {"type": "Ready", "status": "True", "reason": "r"}],
    }
    new = {"phase": "Running", "podIPs": [{"ip": "b"}], "conditions": [{"type": "Ready", "status": "False"}]}
    assert status_patch(old, new) == {
        "reason": None,
        "podIPs": [{"$patch": "replace"}, {"ip": "b"}],
        "conditions": [{"type": "Ready", "status": "False", "reason": None}],
    }
