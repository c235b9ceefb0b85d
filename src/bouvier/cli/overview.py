"""What runs, as `bouvier ps` shows it: one line a workload, and a sentence for each pod in trouble. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bouvier.cli.output import age_text
from bouvier.cli.reasons import Reason, reason_of
from bouvier.meta.objects import Obj, controller_of, is_condition_true, is_deleting, labels_of, name_of, namespace_of
from bouvier.util.clock import parse_time

SAME_SHOWN = 3
"""Pods of one workload with the same trouble that are named one by one; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The objects that the overview is made of."""

    workloads: Sequence[Obj]
    """Deployments, StatefulSets, DaemonSets."""
    replica_sets: Sequence[Obj]
    pods: Sequence[Obj]
    services: Sequence[Obj] = ()
    ingresses: Sequence[Obj] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One workload, or one bare pod."""

    name: str
    namespace: str
    kind: str
    ready: int
    desired: int
    image: str
    age: str
    state: str
    addresses: list[str] = field(default_factory=list)
    pods: list[dict[str, Any]] = field(default_factory=list)
    troubles: list[dict[str, str]] = field(default_factory=list)


def lines_of(seen: Seen, now_seconds: float) -> list[Line]:
    """Return a line for each workload and bare pod, by namespace and name."""
    owners = _owners(seen)
    pods_by_owner: dict[str, list[Obj]] = {}
    bare = []
    for pod in seen.pods:
        owner = owners(pod)
        if owner:
            pods_by_owner.setdefault(owner, []).append(pod)
        else:
            bare.append(pod)
    lines = [_workload(w, pods_by_owner.get(w["metadata"]["uid"], []), seen, now_seconds) for w in seen.workloads]
    lines += [_bare_pod(pod, seen, now_seconds) for pod in bare]
    return sorted(lines, key=lambda line: (line.namespace, line.name))


def _owners(seen: Seen) -> Any:
    """Return the function from a pod to the uid of the workload above it."""
    known = {workload["metadata"]["uid"] for workload in seen.workloads}
    above = {rs["metadata"]["uid"]: (controller_of(rs) or {}).get("uid", "") for rs in seen.replica_sets}

    def owner(pod: Obj) -> str:
        uid = (controller_of(pod) or {}).get("uid", "")
        uid = above.get(uid, uid)
        return uid if uid in known else ""

    return owner


def _workload(workload: Obj, pods: list[Obj], seen: Seen, now_seconds: float) -> Line:
    status = workload.get("status") or {}
    if workload["kind"] == "DaemonSet":
        ready, desired = status.get("numberReady", 0), status.get("desiredNumberScheduled", 0)
    else:
        ready, desired = status.get("readyReplicas", 0), workload["spec"].get("replicas", 1)
    template = workload["spec"]["template"]
    troubles = _troubles(pods)
    return Line(
        name=name_of(workload),
        namespace=namespace_of(workload),
        kind=workload["kind"],
        ready=ready,
        desired=desired,
        image=_images(template["spec"]),
        age=_age(workload, now_seconds),
        state=_state(ready, desired, bool(troubles), pods),
        addresses=_addresses(
            template.get("metadata", {}).get("labels") or {}, namespace_of(workload), template["spec"], seen
        ),
        pods=[_pod(pod) for pod in pods],
        troubles=troubles,
    )


def _state(ready: int, desired: int, is_troubled: bool, pods: list[Obj]) -> str:  # noqa: FBT001 - private
    if ready >= desired:
        settling = any(is_deleting(pod) or reason_of(pod) for pod in pods)
        return "ready" if not settling else "changing"
    return "in trouble" if is_troubled else "starting"


def _bare_pod(pod: Obj, seen: Seen, now_seconds: float) -> Line:
    phase = pod.get("status", {}).get("phase", "Pending")
    ready = int(is_condition_true(pod, "Ready"))
    troubles = _troubles([pod])
    states = {"Succeeded": "finished", "Failed": "failed"}
    state = states.get(phase) or ("stopping" if is_deleting(pod) else _state(ready, 1, bool(troubles), [pod]))
    return Line(
        name=f"pod/{name_of(pod)}",
        namespace=namespace_of(pod),
        kind="Pod",
        ready=ready,
        desired=0 if phase == "Succeeded" else 1,
        image=_images(pod["spec"]),
        age=_age(pod, now_seconds),
        state=state,
        addresses=_addresses(labels_of(pod), namespace_of(pod), pod["spec"], seen),
        pods=[_pod(pod)],
        troubles=troubles,
    )


def _images(spec: Obj) -> str:
    return ", ".join(container.get("image", "") for container in spec.get("containers") or ())


def _age(obj: Obj, now_seconds: float) -> str:
    created = obj["metadata"].get("creationTimestamp")
    return age_text(now_seconds - parse_time(created).timestamp()) if created else ""


def _pod(pod: Obj) -> dict[str, Any]:
    status = pod.get("status", {})
    reason = reason_of(pod)
    return {
        "name": name_of(pod),
        "host": pod.get("spec", {}).get("nodeName", ""),
        "address": status.get("podIP", ""),
        "ready": is_condition_true(pod, "Ready"),
        "restarts": sum(container.get("restartCount", 0) for container in status.get("containerStatuses") or ()),
        "state": reason.what if reason else status.get("phase", "").lower(),
    }


def _troubles(pods: Iterable[Obj]) -> list[dict[str, str]]:
    """Return what keeps pods from being ready, the same trouble of many pods shortened."""
    by_reason: dict[Reason, list[str]] = {}
    for pod in pods:
        reason = reason_of(pod)
        if reason and reason.is_trouble:
            by_reason.setdefault(_without_name(reason, name_of(pod)), []).append(name_of(pod))
    return [{"pod": _named(names), "what": reason.what, "advice": reason.advice} for reason, names in by_reason.items()]


def _without_name(reason: Reason, name: str) -> Reason:
    """Return the reason as it would read for any pod of the workload, when only the advice names this one."""
    return reason if name in reason.what else reason._replace(advice=reason.advice.replace(name, "POD"))


def _named(names: list[str]) -> str:
    shown = ", ".join(names[:SAME_SHOWN])
    return f"{shown} and {len(names) - SAME_SHOWN} more" if len(names) > SAME_SHOWN else shown


def _addresses(labels: dict[str, str], namespace: str, spec: Obj, seen: Seen) -> list[str]:
    """Return where the workload is reached: host names, node ports, ports of the host."""
    services = [
        service
        for service in seen.services
        if namespace_of(service) == namespace and _selects(service["spec"].get("selector") or {}, labels)
    ]
    names = {name_of(service) for service in services}
    found = [
        rule.get("host") or "*"
        for ingress in seen.ingresses
        if namespace_of(ingress) == namespace
        for rule in ingress["spec"].get("rules") or ()
        if any(_backend(path) in names for path in (rule.get("http") or {}).get("paths") or ())
    ]
    found += [f":{port['nodePort']}" for s in services for port in s["spec"].get("ports") or () if port.get("nodePort")]
    ports = [port for container in spec.get("containers") or () for port in container.get("ports") or ()]
    return found + [f":{port['hostPort']}" for port in ports if port.get("hostPort")]


def _selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def _backend(path: Obj) -> str:
    return str(((path.get("backend") or {}).get("service") or {}).get("name", ""))
