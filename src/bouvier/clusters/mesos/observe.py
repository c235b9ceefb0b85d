"""A master's answers in the words that all drivers share (pure).

Source: https://github.com/apache/mesos/blob/master/include/mesos/v1/master/master.proto (Response)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bouvier.clusters.driver import Availability, Host, Instance, Phase, Workload
from bouvier.clusters.mesos.fields import compact, labels_of_task

Message = Mapping[str, Any]
PHASES: dict[str, Phase] = {
    "TASK_STAGING": "creating",
    "TASK_STARTING": "creating",
    "TASK_RUNNING": "running",
    "TASK_KILLING": "running",
    "TASK_UNREACHABLE": "running",
    "TASK_FINISHED": "succeeded",
}
"""Every other state is a failure."""
TERMINAL = frozenset(
    (
        "TASK_FINISHED",
        "TASK_FAILED",
        "TASK_KILLED",
        "TASK_ERROR",
        "TASK_LOST",
        "TASK_DROPPED",
        "TASK_GONE",
        "TASK_GONE_BY_OPERATOR",
    )
)
_EXITED = re.compile(r"exited with status (\d+)")
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a task's container and files are."""

    agent_url: str
    framework: str
    executor: str
    container: str


def hosts(agents: Sequence[Message]) -> tuple[Host, ...]:
    """Return the agents; of those that share a host name each gets a part of its id behind it."""
    names = Counter(a["agent_info"]["hostname"].lower() for a in agents)
    return tuple(_host(a, unique=names[a["agent_info"]["hostname"].lower()] == 1) for a in agents)


def _host(agent: Message, *, unique: bool) -> Host:
    info = agent["agent_info"]
    name = info["hostname"].lower()
    identifier = info["id"]["value"]
    amounts = scalars(agent.get("total_resources") or ())
    version = agent.get("version", "")
    return Host(
        id=identifier,
        name=name if unique else f"{name}-{identifier.rpartition('-')[2].lower()}",
        ready=bool(agent.get("active", True)) or bool(agent.get("deactivated")),
        availability=_availability(agent),
        cpu_millis=round(amounts.get("cpus", 0.0) * 1000),
        memory_bytes=int(amounts.get("mem", 0.0)) * 2**20,
        address=_address(agent),
        labels=_labels(info.get("attributes") or ()),
        engine_version=version,
        message="the master does not hear from the agent",
        engine="mesos",
    )


def _availability(agent: Message) -> Availability:
    if agent.get("drain_info"):
        return "drain"
    return "pause" if agent.get("deactivated") else "active"


def _address(agent: Message) -> str:
    return str(agent.get("pid", "")).rpartition("@")[2].rpartition(":")[0]


def agent_url(agent: Message) -> str:
    """Return where an agent's own interface is."""
    where = str(agent.get("pid", "")).rpartition("@")[2]
    info = agent["agent_info"]
    return f"http://{where or '{}:{}'.format(info['hostname'], info.get('port', 5051))}"


def _labels(attributes: Iterable[Message]) -> dict[str, str]:
    found = {}
    for attribute in attributes:
        value = (attribute.get("text") or attribute.get("scalar") or {}).get("value", "")
        name = _NOT_IN_LABELS.sub("-", attribute["name"])[:63].strip("-_.")
        if name:
            found[name] = _NOT_IN_LABELS.sub("-", str(value))[:63].strip("-_.")
    return found


def scalars(resources: Iterable[Message]) -> dict[str, float]:
    """Return the sums of scalar resources by name."""
    found: dict[str, float] = {}
    for resource in resources:
        if resource.get("type") == "SCALAR":
            found[resource["name"]] = found.get(resource["name"], 0.0) + float(resource["scalar"]["value"])
    return found


def ports(resources: Iterable[Message]) -> list[tuple[int, int]]:
    """Return the ranges of host ports."""
    return [
        (int(part["begin"]), int(part["end"]))
        for resource in resources
        if resource["name"] == "ports"
        for part in (resource.get("ranges") or {}).get("range") or ()
    ]


def identifier(task: Message) -> str:
    """Return a task's id."""
    return str(task["task_id"]["value"])


def latest(task: Message) -> Message:
    """Return the latest status of a task, empty before the first."""
    statuses: Sequence[Message] = task.get("statuses") or ({},)
    return statuses[-1]


def ended_at(task: Message) -> float:
    """Return when a task had its latest status, in seconds."""
    return float(latest(task).get("timestamp", 0.0))


def is_ready(task: Message) -> bool:
    """Tell whether a task runs and passes its health check and its check, as far as it has them."""
    if task.get("state") != "TASK_RUNNING":
        return False
    status = latest(task)
    if task.get("health_check") and status.get("healthy") is not True:
        return False
    return not task.get("check") or _passes(status.get("check_status") or {})


def _passes(found: Message) -> bool:
    match found.get("type"):
        case "HTTP":
            return 200 <= int((found.get("http") or {}).get("status_code", 0)) < 400
        case "TCP":
            return bool((found.get("tcp") or {}).get("succeeded"))
        case "COMMAND":
            return (found.get("command") or {}).get("exit_code") == 0
    return False


def instance(task: Message, workload: str, template: str, restarts: int = 0) -> Instance:
    """Return a task as instance of a workload."""
    status = latest(task)
    state = task.get("state", "TASK_STAGING")
    phase = PHASES.get(state, "failed")
    started = _first_running(task)
    return Instance(
        id=identifier(task),
        workload=workload,
        phase=phase,
        ready=is_ready(task),
        template=template,
        host=task["agent_id"]["value"],
        container=_container(status),
        address=_container_address(status),
        message="" if phase == "running" else status.get("message", ""),
        image=image_of(task),
        restarts=restarts,
        exit_code=_exit_code(status) if state in TERMINAL else None,
        started_at=started if phase == "running" else "",
        finished_at=_moment(status) if state in TERMINAL else "",
        wanted=state != "TASK_KILLING" and state not in TERMINAL,
    )


def _exit_code(status: Message) -> int:
    """Return a task's exit code, which Mesos tells in words only."""
    found = _EXITED.search(status.get("message", ""))
    if found:
        return int(found[1])
    return 0 if status.get("state") == "TASK_FINISHED" else 1


def waiting(
    workload: str, number: int, template: str, reason: str, *, image: str, restarts: int, host: str = ""
) -> Instance:
    """Return what stands for a task that could not be started yet."""
    return Instance(
        id=f"{workload}.waiting-{number}",
        workload=workload,
        phase="pending",
        ready=False,
        template=template,
        message=reason,
        image=image,
        restarts=restarts,
        host=host,
    )


def _first_running(task: Message) -> str:
    for status in task.get("statuses") or ():
        if status.get("state") == "TASK_RUNNING":
            return _moment(status)
    return ""


def _moment(status: Message) -> str:
    if "timestamp" not in status:
        return ""
    return datetime.fromtimestamp(float(status["timestamp"]), UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _container(status: Message) -> str:
    return str(((status.get("container_status") or {}).get("container_id") or {}).get("value", ""))


def _container_address(status: Message) -> str:
    for info in (status.get("container_status") or {}).get("network_infos") or ():
        for address in info.get("ip_addresses") or ():
            return str(address.get("ip_address", ""))
    return ""


def image_of(task: Message) -> str:
    """Return the image of a task's container, empty when it has none."""
    container = task.get("container") or {}
    if container.get("type") == "DOCKER":
        return str((container.get("docker") or {}).get("image", ""))
    image = (container.get("mesos") or {}).get("image") or {}
    return str((image.get("docker") or {}).get("name", ""))


def host_ports(task: Message) -> dict[int, int]:
    """Return a task's host ports by the container's."""
    container = task.get("container") or {}
    lists = [(container.get("docker") or {}).get("port_mappings") or ()]
    lists += [info.get("port_mappings") or () for info in container.get("network_infos") or ()]
    return {int(m["container_port"]): int(m["host_port"]) for mappings in lists for m in mappings}


def places(tasks: Iterable[Message], agents: Sequence[Message]) -> dict[str, Place]:
    """Return where each task's container and files are, by task id."""
    urls = {agent["agent_info"]["id"]["value"]: agent_url(agent) for agent in agents}
    found = {}
    for task in tasks:
        name = identifier(task)
        executor = (task.get("executor_id") or {}).get("value") or name
        url = urls.get(task["agent_id"]["value"], "")
        framework = task["framework_id"]["value"]
        found[name] = Place(url, framework, executor, _container(latest(task)))
    return found


def foreign(tasks: Sequence[Message], names: Mapping[str, str]) -> tuple[list[Workload], list[Instance]]:
    """Return the tasks of other frameworks as workloads, one for each name of a task; `names` are frameworks' by id."""
    groups: dict[tuple[str, str], list[Message]] = {}
    for task in tasks:
        groups.setdefault((task["framework_id"]["value"], task.get("name", "")), []).append(task)
    workloads, instances = [], []
    for (framework, name), members in sorted(groups.items()):
        key = f"framework:{framework}:{name}"
        fields = compact({"replicas": len(members), "image": image_of(members[0])})
        workloads.append(
            Workload(
                id=key,
                name=f"{names.get(framework, 'framework')}-{name}",
                kind="Deployment",
                uid="",
                fields=fields,
                message=f"run by the framework {names.get(framework, framework)}",
                raw=labels_of_task(members[0]),
                adoptable=False,
            )
        )
        instances += [instance(task, key, "") for task in members]
    return workloads, instances
