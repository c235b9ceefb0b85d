"""Sentences for pods that are not ready."""

from typing import Any

import pytest

from bouvier.cli.reasons import reason_of


def pod(**status: Any) -> dict[str, Any]:
    spec = {"nodeName": "h1", "containers": [{"name": "web", "image": "shop:3"}]}
    return {
        "metadata": {"name": "web-1", "namespace": "default"},
        "spec": spec,
        "status": {"phase": "Pending"} | status,
    }


def waiting(reason: str, message: str = "", **more: Any) -> dict[str, Any]:
    status = {"name": "web", "image": "shop:3", "state": {"waiting": {"reason": reason, "message": message}}, **more}
    return pod(containerStatuses=[status])


def unscheduled(message: str) -> dict[str, Any]:
    refused = pod(
        conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}]
    )
    del refused["spec"]["nodeName"]
    return refused


READY = [{"type": "Ready", "status": "True"}]
CASES = {
    "missing image": (waiting("ImagePullBackOff", "not found"), "image shop:3 cannot be had: not found", "registry"),
    "missing configuration": (
        waiting("CreateContainerConfigError", 'configmap "c" not found'),
        'configmap "c"',
        "create",
    ),
    "port taken": (waiting("RunContainerError", "listen: address already in use"), "does not start", "port is taken"),
    "no room": (unscheduled("0/1 nodes are available: 1 Insufficient cpu."), "no host takes it", "--cpus"),
    "port of the host": (unscheduled("0/1: 1 node(s) didn't have free ports"), "no host takes it", "-p"),
    "no such host": (unscheduled("0/1: didn't match node selector"), "no host takes it", "bouvier explain pod/web-1"),
    "failed": (
        pod(phase="Failed", containerStatuses=[{"name": "web", "state": {"terminated": {"exitCode": 3}}}]),
        "ended with exit code 3",
        "bouvier logs pod/web-1",
    ),
    "crashing": (
        waiting("CrashLoopBackOff", restartCount=4, lastState={"terminated": {"exitCode": 1}}),
        "keeps ending: ended with exit code 1, restarted 4 times",
        "--previous",
    ),
    "out of memory": (
        waiting("CrashLoopBackOff", restartCount=1, lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled"}}),
        "too much memory",
        "raise --memory",
    ),
    "unready": (
        pod(phase="Running", containerStatuses=[{"name": "web", "ready": False, "state": {"running": {}}}]),
        "does not answer its readiness probe",
        "bouvier logs",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_trouble_is_named_with_a_way_out(case: str) -> None:
    """The sentence names the cause, the advice what to do."""
    subject, what, advice = CASES[case]
    reason = reason_of(subject)

    assert reason is not None
    assert what in reason.what
    assert advice in reason.advice
    assert reason.is_trouble


@pytest.mark.parametrize("subject", [pod(phase="Running", conditions=READY), pod(phase="Succeeded")])
def test_what_is_well_has_no_reason(subject: dict[str, Any]) -> None:
    """Ready and finished pods are in no trouble."""
    assert reason_of(subject) is None


def test_a_start_is_no_trouble() -> None:
    """What passes by itself is not shown as trouble."""
    reason = reason_of(waiting("ContainerCreating"))

    assert reason is not None
    assert not reason.is_trouble


def test_offline_images_are_seeded() -> None:
    """The platform's own images come from the platform, not from a registry."""
    missing = waiting("ErrImagePull", image="bouvier/sample:1")
    missing["status"]["containerStatuses"][0]["image"] = "bouvier/sample:1"
    reason = reason_of(missing)

    assert reason is not None
    assert reason.advice.endswith("bouvier images seed")
