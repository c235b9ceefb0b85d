"""The answers of a Swarm manager in the words that all drivers share (pure).

Source: https://docs.docker.com/reference/api/engine/version/v1.41/ (Service, Task, Node).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from bouvier.clusters.driver import Group, Host, Instance, Observed, Phase, Workload, template_key
from bouvier.clusters.swarm.fields import STAMPS, TEMPLATE_FIELDS, fields_of, task_fields
from bouvier.clusters.swarm.imports import STACK

PHASES: dict[str, Phase] = {
    "new": "pending",
    "allocated": "pending",
    "pending": "pending",
    "assigned": "pending",
    "accepted": "creating",
    "preparing": "creating",
    "ready": "creating",
    "starting": "creating",
    "running": "running",
    "complete": "succeeded",
    "failed": "failed",
    "rejected": "failed",
    "orphaned": "failed",
    "shutdown": "failed",
    "remove": "failed",
}
"""The last two have ended because they were meant to."""
_ENDED = frozenset(("complete", "failed", "rejected", "orphaned", "shutdown", "remove"))
UpdateState = Literal["", "updating", "paused", "completed", "rolling-back"]
_UPDATES: dict[str, UpdateState] = {
    "updating": "updating",
    "paused": "paused",
    "completed": "completed",
    "rollback_started": "rolling-back",
    "rollback_paused": "paused",
    "rollback_completed": "completed",
}
Document = Mapping[str, Any]


def observed(
    version: str,
    cluster_uid: str,
    *,
    services: Sequence[Document],
    tasks: Sequence[Document],
    nodes: Sequence[Document],
    networks: Mapping[str, str],
) -> Observed:
    """Return everything that a manager answered; forwarders are left out, they belong to no workload."""
    shown = [s for s in services if f"{STAMPS}forwarder" not in (s["Spec"].get("Labels") or {})]
    workloads = tuple(w for s in shown if (w := workload(s, cluster_uid, networks)) is not None)
    known = {w.id: w.kind for w in workloads}
    found = instances([t for t in tasks if known.get(t["ServiceID"], "Pod") != "Pod"])
    pods = pod_instances([t for t in tasks if known.get(t["ServiceID"]) == "Pod"])
    settled = (
        all(w.update not in ("updating", "rolling-back") for w in workloads)
        and all(i.phase == "running" and i.wanted for i in found)
        and all(i.phase in ("running", "succeeded", "failed") for i in pods)
    )
    every = (*found, *pods)
    return Observed(version, workloads, every, hosts(nodes), settled and _complete(workloads, every))


def _complete(workloads: Iterable[Workload], found: Iterable[Instance]) -> bool:
    counts = Counter(instance.workload for instance in found)
    return all(w.kind == "DaemonSet" or counts[w.id] == w.fields.get("replicas", 0) for w in workloads)


def workload(service: Document, cluster_uid: str, networks: Mapping[str, str]) -> Workload | None:
    """Return a service as workload, None for jobs."""
    spec = service["Spec"]
    mode = spec.get("Mode") or {}
    if not {"Replicated", "Global"} & set(mode):
        return None
    labels = spec.get("Labels") or {}
    is_ours = labels.get(f"{STAMPS}cluster") == cluster_uid
    status = service.get("UpdateStatus") or {}
    return Workload(
        id=service["ID"],
        name=spec["Name"],
        kind=_kind(labels if is_ours else {}, mode),
        uid=labels.get(f"{STAMPS}uid", "") if is_ours else "",
        fields=fields_of(spec, networks),
        update=_UPDATES.get(status.get("State", ""), ""),
        message=status.get("Message", ""),
        created_at=service.get("CreatedAt", ""),
        raw=service,
    )


def _kind(labels: Document, mode: Document) -> Literal["Deployment", "DaemonSet", "Pod"]:
    if labels.get(f"{STAMPS}kind") == "Pod":
        return "Pod"
    return "DaemonSet" if "Global" in mode else "Deployment"


def pod_instances(tasks: Iterable[Document]) -> tuple[Instance, ...]:
    """Return the newest task of each service that stands for a pod, ended or not; failed ones before it are restarts.

    A task that will be started again is not the end of the pod.
    """
    newest: dict[str, Document] = {}
    failures: Counter[str] = Counter()
    for task in sorted(tasks, key=lambda task: task.get("CreatedAt", "")):
        if task["ServiceID"] in newest:
            failures[task["ServiceID"]] += 1
        newest[task["ServiceID"]] = task
    found = []
    for service, task in newest.items():
        made = _instance(task, failures[service], "", wanted=True)
        condition = ((task.get("Spec") or {}).get("RestartPolicy") or {}).get("Condition") or "any"
        again = condition == "any" or (condition == "on-failure" and made.phase == "failed")
        if made.phase in ("succeeded", "failed") and again:
            made = replace(made, phase="creating", ready=False, restarts=made.restarts + 1)
        found.append(made)
    return tuple(found)


def groups(cluster_uid: str, found: Mapping[str, Sequence[Document]]) -> tuple[Group, ...]:
    """Return what others made, by stack; `found` holds services, networks, configs and secrets."""
    made: dict[str, dict[str, list[str]]] = {}
    for kind, documents in found.items():
        for document in documents:
            spec = document.get("Spec") or document
            labels = spec.get("Labels") or {}
            if labels.get(f"{STAMPS}cluster") != cluster_uid and not document.get("Ingress"):
                made.setdefault(labels.get(STACK, ""), {}).setdefault(kind, []).append(spec["Name"])
    return tuple(
        Group(name, **{kind: tuple(sorted(names)) for kind, names in parts.items()})
        for name, parts in sorted(made.items())
    )


def instances(tasks: Iterable[Document]) -> tuple[Instance, ...]:
    """Return the tasks that are wanted or still end; failures before them count as restarts of their slot."""
    listed = sorted(tasks, key=lambda task: task.get("CreatedAt", ""))
    failures: Counter[tuple[str, str]] = Counter()
    reasons: dict[tuple[str, str], str] = {}
    found = []
    for task in listed:
        slot = (task["ServiceID"], str(task.get("Slot") or task.get("NodeID", "")))
        state = (task.get("Status") or {}).get("State", "new")
        wanted = task.get("DesiredState") not in ("shutdown", "remove", "complete")
        if wanted or state not in _ENDED:
            found.append(_instance(task, failures[slot], reasons.get(slot, ""), wanted=wanted))
        if state in ("failed", "rejected"):
            failures[slot] += 1
            reasons[slot] = (task.get("Status") or {}).get("Err", "")
    return tuple(found)


def _instance(task: Document, restarts: int, last_failure: str, *, wanted: bool) -> Instance:
    status = task.get("Status") or {}
    state = status.get("State", "new")
    container = status.get("ContainerStatus") or {}
    phase = PHASES.get(state, "failed")
    spec = task.get("Spec") or {}
    ended = phase in ("succeeded", "failed")
    message = status.get("Err", "") or ("" if phase == "running" else last_failure)
    return Instance(
        id=task["ID"],
        workload=task["ServiceID"],
        phase=phase,
        ready=phase == "running" and wanted,
        template=template_key(task_fields(spec), TEMPLATE_FIELDS),
        host=task.get("NodeID", ""),
        container=container.get("ContainerID", ""),
        address=_address(task),
        message=message,
        image=(spec.get("ContainerSpec") or {}).get("Image", ""),
        restarts=restarts,
        exit_code=container.get("ExitCode") if ended else None,
        started_at=status.get("Timestamp", "") if phase == "running" else "",
        finished_at=status.get("Timestamp", "") if ended else "",
        wanted=wanted,
    )


def _address(task: Document) -> str:
    for attachment in task.get("NetworksAttachments") or ():
        for address in attachment.get("Addresses") or ():
            return str(address).partition("/")[0]
    return ""


def hosts(nodes: Sequence[Document]) -> tuple[Host, ...]:
    """Return the nodes; of those that share a host name each gets a part of its id behind it."""
    names = Counter(node["Description"]["Hostname"].lower() for node in nodes)
    return tuple(_host(node, unique=names[node["Description"]["Hostname"].lower()] == 1) for node in nodes)


def _host(node: Document, *, unique: bool) -> Host:
    description, status, spec = node["Description"], node.get("Status") or {}, node.get("Spec") or {}
    name = description["Hostname"].lower()
    resources, platform = description.get("Resources") or {}, description.get("Platform") or {}
    architecture = platform.get("Architecture", "x86_64")
    return Host(
        id=node["ID"],
        name=name if unique else f"{name}-{node['ID'][:5].lower()}",
        ready=status.get("State") == "ready",
        availability=spec.get("Availability", "active"),
        cpu_millis=resources.get("NanoCPUs", 0) // 1_000_000,
        memory_bytes=resources.get("MemoryBytes", 0),
        address=status.get("Addr", ""),
        labels=spec.get("Labels") or {},
        is_manager=spec.get("Role") == "manager",
        os=platform.get("OS", "linux"),
        architecture={"x86_64": "amd64", "aarch64": "arm64"}.get(architecture, architecture),
        engine_version=(description.get("Engine") or {}).get("EngineVersion", ""),
        message=status.get("Message", "") or f"the node is {status.get('State', 'unknown')}",
    )
