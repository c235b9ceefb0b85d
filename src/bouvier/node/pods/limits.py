"""Requests and limits as the engine's weights and limits; the control group of a pod (pure)."""

from __future__ import annotations

from bouvier.engine.specs import Resources
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.quantities import millis, whole
from bouvier.node.pods.spec import quality_of_service

CPU_PERIOD_MICROSECONDS = 100_000
_MINIMUM_SHARES = 2
_MINIMUM_QUOTA_MICROSECONDS = 1000
_SHARES_PER_CORE = 1024
_MILLIS_PER_CORE = 1000
_LEAST_MEMORY_BYTES = 6 * 2**20
"""Engines refuse less."""
_BEST_EFFORT_OOM_SCORE = 1000


def container_resources(pod: Obj, container: Obj, host_memory_bytes: int) -> Resources:
    """Return weights and limits of a container."""
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    cpu_request = requests.get("cpu", limits.get("cpu", "0"))
    memory = whole(limits.get("memory", "0"))
    quota = _quota(limits.get("cpu"))
    return Resources(
        cpu_shares=shares(millis(cpu_request)),
        cpu_quota_microseconds=quota,
        cpu_period_microseconds=CPU_PERIOD_MICROSECONDS if quota else 0,
        memory_bytes=max(memory, _LEAST_MEMORY_BYTES) if memory else 0,
        oom_score_adjustment=oom_score(pod, container, host_memory_bytes),
    )


def shares(request_millicores: int) -> int:
    """Return the weight of a CPU request."""
    return max(_MINIMUM_SHARES, request_millicores * _SHARES_PER_CORE // _MILLIS_PER_CORE)


def pod_shares(pod: Obj) -> int:
    """Return the weight of all regular containers of a pod together."""
    total = 0
    for container in pod["spec"].get("containers") or ():
        resources = container.get("resources") or {}
        limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
        total += millis(requests.get("cpu", limits.get("cpu", "0")))
    return shares(total)


def _quota(limit: str | None) -> int:
    if not limit:
        return 0
    return max(_MINIMUM_QUOTA_MICROSECONDS, millis(limit) * CPU_PERIOD_MICROSECONDS // _MILLIS_PER_CORE)


def oom_score(pod: Obj, container: Obj, host_memory_bytes: int) -> int:
    """Return how early the kernel kills the container when the host is out of memory.

    As the kubelet's, but never negative: lowering the score needs a capability that the engine may lack.
    Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
    """
    quality = quality_of_service(pod)
    if quality == "Guaranteed":
        return 0
    if quality == "BestEffort":
        return _BEST_EFFORT_OOM_SCORE
    resources = container.get("resources") or {}
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    request = whole(requests.get("memory", limits.get("memory", "0")))
    score = _BEST_EFFORT_OOM_SCORE - _BEST_EFFORT_OOM_SCORE * request // max(1, host_memory_bytes)
    return min(_BEST_EFFORT_OOM_SCORE - 1, max(3, score))


def cgroup_parent(pod: Obj, root: str, driver: str) -> str:
    """Return the control group of a pod: one folder a QoS class, below it one a pod.

    With the `systemd` driver groups are slices, whose names spell out the path.
    """
    quality = quality_of_service(pod).lower()
    classes = [] if quality == "guaranteed" else [quality]
    uid = uid_of(pod)
    if driver != "systemd":
        return "/".join([root.rstrip("/"), "pods", *classes, f"pod{uid}"])
    parts = [part.replace("-", "_") for part in root.strip("/").split("/")]
    return "-".join([*parts, "pods", *classes, "pod" + uid.replace("-", "_")]) + ".slice"
