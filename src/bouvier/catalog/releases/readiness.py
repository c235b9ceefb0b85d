"""What an object still lacks to be ready. Pure: it reads the object's own status.

Kinds that say nothing of themselves are ready once they exist; kinds with a condition `Ready` or `Available` are ready when it
is true. Kinds of the platform's own always get such a condition: until it is there they are not ready.
"""

from __future__ import annotations

from collections.abc import Callable

from bouvier.meta.objects import Obj, condition_of, is_condition_true

OWN_GROUPS = ".bouvier.io"


def lack_of(obj: Obj) -> str:
    """Return what the object waits for, empty when it is ready."""
    own = _BY_KIND.get(obj.get("kind", ""))
    return own(obj) if own else _by_condition(obj)


def failure_of(obj: Obj) -> str:
    """Return why the object will not become ready, empty while it may."""
    if obj.get("kind") == "Deployment":
        progressing = condition_of(obj, "Progressing")
        if progressing and progressing.get("reason") == "ProgressDeadlineExceeded":
            return str(progressing.get("message") or "its rollout made no progress")
    if obj.get("kind") == "Job" and is_condition_true(obj, "Failed"):
        return str((condition_of(obj, "Failed") or {}).get("message") or "it failed")
    if obj.get("kind") == "Pod" and obj.get("status", {}).get("phase") == "Failed":
        return "it failed"
    return ""


def is_done(obj: Obj) -> bool:
    """Tell whether a hook has done its work: a Job that is complete, a Pod that succeeded, anything else that exists."""
    if obj.get("kind") == "Job":
        return is_condition_true(obj, "Complete")
    if obj.get("kind") == "Pod":
        return bool((obj.get("status") or {}).get("phase") == "Succeeded")
    return True


def _is_stale(obj: Obj) -> bool:
    status = obj.get("status") or {}
    return int(status.get("observedGeneration", 0)) < int(obj["metadata"].get("generation", 0))


def _workload(obj: Obj) -> str:
    if _is_stale(obj):
        return "the change is being taken up"
    status = obj.get("status") or {}
    wanted = obj["spec"].get("replicas", 1)
    updated = status.get("updatedReplicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} new replicas exist"
    if obj["kind"] == "Deployment" and status.get("replicas", 0) > updated:
        return f"{status['replicas'] - updated} old replicas are still stopping"
    ready = status.get("availableReplicas" if obj["kind"] == "Deployment" else "readyReplicas", 0)
    return f"{ready} of {wanted} replicas are ready" if ready < wanted else ""


def _daemon_set(obj: Obj) -> str:
    if _is_stale(obj):
        return "the change is being taken up"
    status = obj.get("status") or {}
    wanted, updated = status.get("desiredNumberScheduled", 0), status.get("updatedNumberScheduled", 0)
    ready = min(status.get("numberReady", 0), updated)
    return f"{ready} of {wanted} hosts run it" if ready < wanted else ""


def _replica_set(obj: Obj) -> str:
    wanted, ready = obj["spec"].get("replicas", 1), (obj.get("status") or {}).get("readyReplicas", 0)
    return f"{ready} of {wanted} replicas are ready" if ready < wanted else ""


def _pod(obj: Obj) -> str:
    if (obj.get("status") or {}).get("phase") == "Succeeded" or is_condition_true(obj, "Ready"):
        return ""
    return "it is not ready"


def _job(obj: Obj) -> str:
    return "" if is_condition_true(obj, "Complete") else "it is not complete"


def _claim(obj: Obj) -> str:
    if (obj.get("status") or {}).get("phase") == "Bound":
        return ""
    return "it is not bound to a volume"


def _service(obj: Obj) -> str:
    spec = obj.get("spec") or {}
    if spec.get("type") == "LoadBalancer" and not ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress"):
        return "it has no address of a load balancer"
    return ""


def _definition(obj: Obj) -> str:
    return "" if is_condition_true(obj, "Established") else "it is not served yet"


def _by_condition(obj: Obj) -> str:
    for kind in ("Ready", "Available"):
        condition = condition_of(obj, kind)
        if condition is not None:
            if _is_stale_condition(obj, condition):
                return "the change is being taken up"
            return (
                ""
                if condition.get("status") == "True"
                else str(condition.get("message") or f"it is not {kind.lower()}")
            )
    if obj["apiVersion"].partition("/")[0].endswith(OWN_GROUPS):
        return "it has not been looked at yet"
    status = obj.get("status") or {}
    if "observedGeneration" in status and _is_stale(obj):
        return "the change is being taken up"
    return ""


def _is_stale_condition(obj: Obj, condition: Obj) -> bool:
    seen = condition.get("observedGeneration", (obj.get("status") or {}).get("observedGeneration"))
    return seen is not None and seen < obj["metadata"].get("generation", 0)


_BY_KIND: dict[str, Callable[[Obj], str]] = {
    "Deployment": _workload,
    "StatefulSet": _workload,
    "DaemonSet": _daemon_set,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replica_set,
    "Pod": _pod,
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "Service": _service,
    "CustomResourceDefinition": _definition,
}
