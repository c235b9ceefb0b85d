"""What the Job controller wants to know of a pod, and the pods that it makes (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bouvier.controllers.runtime.names import generated
from bouvier.controllers.workloads.pods import from_template, is_finished, phase_of
from bouvier.meta.objects import Obj, annotations_of, is_deleting, labels_of, name_of, owner_reference
from bouvier.util.clock import parse_time

TRACKING = "batch.kubernetes.io/job-tracking"
"""Finalizer that keeps a pod until it is counted."""
INDEX = "batch.kubernetes.io/job-completion-index"
FAILURES = "batch.kubernetes.io/job-index-failure-count"
IGNORED_FAILURES = "batch.kubernetes.io/job-index-ignored-failure-count"
INDEX_VARIABLE = "JOB_COMPLETION_INDEX"
NO_INDEX = -1


def is_indexed(job: Obj) -> bool:
    """Tell whether each pod has an index of its own."""
    return bool(job["spec"].get("completionMode") == "Indexed")


def replaces_failed_only(job: Obj) -> bool:
    """Tell whether a pod that is still ending must have ended before it is replaced."""
    return bool(job["spec"].get("podReplacementPolicy") == "Failed" or job["spec"].get("podFailurePolicy"))


def is_tracked(pod: Obj) -> bool:
    """Tell whether the pod is still to be counted."""
    return TRACKING in (pod["metadata"].get("finalizers") or ())


def has_ended(pod: Obj) -> bool:
    """Tell whether nothing of the pod runs: it ended, or its deletion has nothing left to wait for but finalizers."""
    return is_finished(pod) or (is_deleting(pod) and not pod["metadata"].get("deletionGracePeriodSeconds"))


def is_active(pod: Obj) -> bool:
    """Tell whether the pod works for the job."""
    return not is_finished(pod) and not is_deleting(pod)


def is_terminating(pod: Obj) -> bool:
    """Tell whether the pod was told to go and still runs."""
    return is_deleting(pod) and not has_ended(pod)


def has_succeeded(pod: Obj) -> bool:
    """Tell whether the pod did its work."""
    return phase_of(pod) == "Succeeded"


def has_failed(job: Obj, pod: Obj) -> bool:
    """Tell whether the pod counts as failed; one that was deleted does, at once or when it has ended."""
    if has_succeeded(pod):
        return False
    if phase_of(pod) == "Failed":
        return True
    return has_ended(pod) if replaces_failed_only(job) else is_deleting(pod)


def index_of(pod: Obj) -> int:
    """Return the pod's completion index, `NO_INDEX` if it has none."""
    text = annotations_of(pod).get(INDEX, "")
    return int(text) if text.isdigit() else NO_INDEX


def failures_before(pod: Obj) -> int:
    """Return how many pods of the index had failed, and were counted against it, when this one was made."""
    return _number(pod, FAILURES)


def ignored_before(pod: Obj) -> int:
    """Return how many pods of the index had failed without being counted when this one was made."""
    return _number(pod, IGNORED_FAILURES)


def _number(pod: Obj, annotation: str) -> int:
    text = annotations_of(pod).get(annotation, "")
    return int(text) if text.isdigit() else 0


def finished_at(pod: Obj, now: datetime) -> datetime:
    """Return when the pod's last container ended, as nearly as its status tells."""
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    ends = [((status.get("state") or {}).get("terminated") or {}).get("finishedAt") or "" for status in statuses]
    if ends and all(ends):
        return max(parse_time(end) for end in ends)
    metadata = pod["metadata"]
    if is_deleting(pod):
        grace = metadata.get("deletionGracePeriodSeconds") or 0
        return parse_time(metadata["deletionTimestamp"]) - timedelta(seconds=grace)
    changes = [c.get("lastTransitionTime") for c in (pod.get("status") or {}).get("conditions") or ()]
    return max((parse_time(change) for change in changes if change), default=now)


def restarts_of(pods: Iterable[Obj]) -> int:
    """Return how often containers of the pods were restarted, all together."""
    total = 0
    for pod in pods:
        status = pod.get("status") or {}
        for each in (*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())):
            total += each.get("restartCount") or 0
    return total


def new_pod(job: Obj, index: int = NO_INDEX, *, failures: int = 0, ignored: int = 0) -> Obj:
    """Return a pod of the job; with an index it knows it by label, annotation, variable and host name."""
    base = f"{name_of(job)}-" if index == NO_INDEX else f"{name_of(job)}-{index}-"
    pod = from_template(job["spec"]["template"], job, owner_reference(job), generated(base))
    metadata = pod["metadata"]
    metadata["generateName"] = base
    metadata["finalizers"] = [*(metadata.get("finalizers") or ()), TRACKING]
    if index == NO_INDEX:
        return pod
    annotations = {**(metadata.get("annotations") or {}), INDEX: str(index)}
    if job["spec"].get("backoffLimitPerIndex") is not None:
        annotations[FAILURES] = str(failures)
        annotations |= {IGNORED_FAILURES: str(ignored)} if ignored else {}
    metadata["annotations"] = annotations
    metadata["labels"] = {**labels_of(pod), INDEX: str(index)}
    pod["spec"] = _with_index(pod["spec"], f"{name_of(job)}-{index}")
    return pod


def _with_index(spec: Obj, host_name: str) -> Obj:
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX}']"}}
    variable = {"name": INDEX_VARIABLE, "valueFrom": source}
    changed: dict[str, Any] = {**spec, "hostname": host_name[:63].rstrip("-")}
    for field in ("initContainers", "containers"):
        if spec.get(field):
            changed[field] = [_with_variable(container, variable) for container in spec[field]]
    return changed


def _with_variable(container: Obj, variable: Obj) -> Obj:
    present = container.get("env") or []
    if any(each.get("name") == variable["name"] for each in present):
        return container
    return {**container, "env": [*present, variable]}
