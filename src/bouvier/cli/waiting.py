"""Waiting for a workload to be as its spec says, and saying meanwhile what it still lacks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.cli.reasons import Reason, reason_of
from bouvier.cli.targets import Target, is_owned_by, pods_of
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, annotations_of, condition_of, is_condition_true, is_deleting, name_of
from bouvier.meta.resources import DEPLOYMENTS, PODS, REPLICASETS

POLL_SECONDS = 0.2
REVISION = "deployment.kubernetes.io/revision"


def rollout_lack(workload: Obj) -> str:
    """Return what a Deployment, StatefulSet or DaemonSet still lacks, empty when it is complete.

    Source: the conditions of `kubectl rollout status`.
    """
    status = workload.get("status") or {}
    if status.get("observedGeneration", 0) < workload["metadata"].get("generation", 1):
        return "the change is being taken up"
    if workload["kind"] == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        updated, available, total = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0), wanted
    else:
        wanted = workload["spec"].get("replicas", 1)
        updated, total = status.get("updatedReplicas", 0), status.get("replicas", 0)
        available = status.get("availableReplicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} new replicas exist"
    if total > updated:
        return f"{total - updated} old replicas are still stopping"
    return f"{available} of {wanted} replicas are ready" if available < wanted else ""


def failure_of(workload: Obj) -> str:
    """Return why a rollout has given up, empty while it has not."""
    progressing = condition_of(workload, "Progressing")
    if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
        return str(progressing.get("message") or "the rollout made no progress in its time")
    return ""


async def wait_rollout(client: Client, target: Target, timeout_seconds: float) -> Obj:
    """Wait until the workload is complete and return it.

    Raises:
        CommandError: it gave up, cannot become ready, or takes longer than allowed.
    """
    name, namespace = name_of(target.obj), target.obj["metadata"]["namespace"]
    with Progress() as progress:
        deadline = time.monotonic() + timeout_seconds
        while True:
            workload = await client.get(target.resource, name, namespace)
            lack = rollout_lack(workload)
            if not lack:
                return workload
            reason = await trouble_of(client, Target(target.resource, workload))
            progress.say(f"{name}: {lack}" + (f"; {reason.what}" if reason else ""))
            failure = failure_of(workload)
            if failure or (reason and reason.is_final) or time.monotonic() > deadline:
                raise _too_late(name, failure or lack, reason, timeout_seconds)
            await asyncio.sleep(POLL_SECONDS)


def _too_late(name: str, lack: str, reason: Reason | None, timeout_seconds: float) -> CommandError:
    if reason is None:
        return CommandError(f"{name} is not complete after {timeout_seconds:.0f} s: {lack}", "look again: bouvier ps")
    return CommandError(f"{name}: {lack}; {reason.what}", reason.advice)


async def trouble_of(client: Client, target: Target) -> Reason | None:
    """Return the first trouble among the newest pods of the workload."""
    pods = await pods_of(client, target)
    if target.resource == DEPLOYMENTS:
        pods = await _pods_of_newest(client, target.obj, pods)
    reasons = [reason_of(pod) for pod in pods if not is_deleting(pod)]
    return next((reason for reason in reasons if reason and reason.is_trouble), None)


async def _pods_of_newest(client: Client, deployment: Obj, pods: list[Obj]) -> list[Obj]:
    namespace, revision = deployment["metadata"]["namespace"], annotations_of(deployment).get(REVISION, "")
    for replica_set in (await client.list(REPLICASETS, namespace)).items:
        if is_owned_by(replica_set, deployment) and annotations_of(replica_set).get(REVISION) == revision:
            return [pod for pod in pods if is_owned_by(pod, replica_set)]
    return pods


async def wait_pod(client: Client, pod: Obj, timeout_seconds: float, *, ended: bool = False) -> Obj:
    """Wait until the pod is ready (or has run, or with `ended` has ended) and return it.

    Raises:
        CommandError: it cannot, or takes longer than allowed.
    """
    name, namespace = name_of(pod), pod["metadata"]["namespace"]
    with Progress() as progress:
        deadline = time.monotonic() + timeout_seconds
        while True:
            pod = await client.get(PODS, name, namespace)
            phase = pod.get("status", {}).get("phase")
            if phase in ("Succeeded", "Failed") or (not ended and is_condition_true(pod, "Ready")):
                return pod
            reason = reason_of(pod)
            progress.say(f"{name}: {reason.what if reason else 'running'}")
            if reason and (reason.is_final or time.monotonic() > deadline):
                raise CommandError(f"{name}: {reason.what}", reason.advice)
            await asyncio.sleep(POLL_SECONDS)


async def wait_gone(check: Callable[[], Awaitable[object]], what: str, timeout_seconds: float) -> None:
    """Wait until `check` raises NotFound or returns something empty.

    Raises:
        CommandError: it takes longer than allowed.
    """
    with Progress() as progress:
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                if not await check():
                    return
            except ApiError as error:
                if error.reason == "NotFound":
                    return
                raise
            progress.say(f"{what} is stopping")
            if time.monotonic() > deadline:
                raise CommandError(f"{what} is still stopping after {timeout_seconds:.0f} s", "see bouvier ps")
            await asyncio.sleep(POLL_SECONDS)
