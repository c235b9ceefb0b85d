"""What both drivers of Mesos share: looking at master and agents, holding hosts, logs and exec, node ports."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bouvier.clusters.driver import (
    ADOPTED,
    Access,
    Availability,
    Fields,
    Host,
    Instance,
    Related,
    Translation,
    Workload,
    digest,
)
from bouvier.clusters.mesos import forwarders, imports, observe
from bouvier.clusters.mesos.access import AgentAccess
from bouvier.clusters.mesos.feed import Feed, Source
from bouvier.clusters.mesos.fields import STAMPS, TAKEN_OVER, TEMPLATE_FIELDS, labels_of_task, stamps
from bouvier.clusters.mesos.http import CallRefusedError, MesosHttp
from bouvier.clusters.mesos.translate import translate
from bouvier.engine.errors import EngineError
from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, uid_of

CAPABILITIES = ("deployments", "daemonsets", "node-ports", "configmaps", "secrets", "probes", "logs", "drain",
                "native-changes")  # fmt: skip
LEAST_LOOK_SECONDS = 0.1
"""Between two looks: the whole state is dear to a master of a large cluster."""
WRITE_SECONDS = 5.0
"""For writing a forwarder's file; a slower agent is tried again at the next look."""
log = structlog.get_logger(__name__)
Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MesosOptions:
    """What a Cluster object says about its Mesos."""

    masters: tuple[str, ...]
    marathon: tuple[str, ...] = ()
    containerizer: str = "MESOS"
    forwarder_image: str = forwarders.IMAGE


@dataclass(slots=True)
class Look:
    """The master's answers at one moment."""

    version: str = ""
    agents: list[Message] = field(default_factory=list)
    tasks: list[Message] = field(default_factory=list)
    """Those that have not ended."""
    ended: list[Message] = field(default_factory=list)
    frameworks: dict[str, str] = field(default_factory=dict)
    """Names by id."""

    def active_agents(self) -> list[Message]:
        """Return the agents that take tasks."""
        return [agent for agent in self.agents if not agent.get("deactivated") and not agent.get("drain_info")]

    def held_agents(self) -> list[Message]:
        """Return the agents that take tasks or may still have some."""
        return [agent for agent in self.agents if (agent.get("drain_info") or {}).get("state") != "DRAINED"]


class MesosDriver(ABC):
    """The common part; fulfils `clusters.driver.Driver` together with its kinds."""

    template_fields = TEMPLATE_FIELDS
    adopted_fields = TAKEN_OVER
    keeps_log_times = False
    has_files = True

    def __init__(self, options: MesosOptions, cluster_uid: str, sources: Sequence[Source] = ()) -> None:
        self._options = options
        self._cluster_uid = cluster_uid
        self._master = MesosHttp(options.masters)
        self._access = AgentAccess()
        self._feed = Feed((self._follow_master, *sources))
        self._look = Look()
        self._version = ""
        self._looked = 0.0
        self._refused: dict[str, tuple[str, str]] = {}
        self._written: dict[str, str] = {}
        self._writing: dict[str, asyncio.Task[None]] = {}

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Return what it can do."""
        has_exec = self._options.containerizer == "MESOS"
        return (*CAPABILITIES, *(("exec",) if has_exec else ()))

    async def _look_around(self) -> Look:
        """Read the master's state.

        Raises:
            ConnectionError: it cannot be reached, or refuses.
        """
        await asyncio.sleep(max(0.0, self._looked + LEAST_LOOK_SECONDS - time.monotonic()))
        self._looked = time.monotonic()
        try:
            if not self._version:
                found = await self._master.operate("GET_VERSION")
                self._version = str((found.get("version_info") or {}).get("version", ""))
            state = await self._master.operate("GET_STATE")
        except CallRefusedError as error:
            raise ConnectionError(str(error)) from error
        tasks = (state.get("get_tasks") or {}).get("tasks") or []
        frameworks = (state.get("get_frameworks") or {}).get("frameworks") or []
        self._look = Look(
            version=self._version,
            agents=(state.get("get_agents") or {}).get("agents") or [],
            tasks=[task for task in tasks if task.get("state") not in observe.TERMINAL],
            ended=[
                *(task for task in tasks if task.get("state") in observe.TERMINAL),
                *((state.get("get_tasks") or {}).get("completed_tasks") or ()),
            ],
            frameworks={f["framework_info"]["id"]["value"]: f["framework_info"].get("name", "") for f in frameworks},
        )
        self._access.know(observe.places(self._look.tasks, self._look.agents))
        return self._look

    async def _follow_master(self, wake: Callable[[], None]) -> None:
        async with self._master.records("/api/v1", {"type": "SUBSCRIBE"}) as (_, events):
            async for event in events:
                if event.get("type") != "HEARTBEAT":
                    wake()

    async def news(self) -> None:
        """Wait for one event of the master."""
        try:
            await self._feed.wait()
        except CallRefusedError as error:
            raise ConnectionError(str(error)) from error

    # Translating

    def translate(self, obj: Obj, related: Related) -> Translation:
        """Return the fields of a workload; what was refused before in this form is refused."""
        found = translate(
            obj, related, containerizer=self._options.containerizer, has_files=self.has_files or _is_native(obj)
        )
        mark, text = self._refused.get(uid_of(obj), ("", ""))
        if text and mark == digest(found.fields):
            return Translation({}, found.losses, text)
        return found

    def adopted_changes(self, obj: Obj, live: Fields, wanted: Fields) -> Obj:
        """Return the spec after taking over scale, image, process and environment."""
        return imports.changed_spec(obj, live, wanted)

    def foreign_object(self, workload: Workload) -> Obj:
        """Return the object that shows an app or the tasks of another framework."""
        return imports.object_of(workload)

    def _stamps(self, obj: Obj) -> dict[str, str]:
        return stamps(self._cluster_uid, uid_of(obj), obj["kind"], namespace_of(obj), name_of(obj))

    def _refuse(self, obj: Obj, fields: Fields, error: CallRefusedError) -> None:
        """Keep a refusal, so that the object shows it and the other objects go on."""
        self._refused[uid_of(obj)] = (digest(fields), f"Mesos refuses it: {error}")

    # Hosts

    async def hold(self, host: Host, availability: Availability) -> bool:
        """Deactivate, drain or reactivate an agent; one that drains cannot be reactivated before it is empty."""
        kinds = {"pause": "DEACTIVATE_AGENT", "drain": "DRAIN_AGENT", "active": "REACTIVATE_AGENT"}
        try:
            await self._master.operate(kinds[availability], {"agent_id": {"value": host.id}})
        except CallRefusedError as error:
            log.info("agent not held yet", agent=host.name, wanted=availability, error=str(error))
            return False
        return True

    def reach(self, instance: Instance) -> tuple[Access, str] | None:
        """Return the way to a task through its agent."""
        return self._access, instance.id

    # Node ports

    @abstractmethod
    async def _keep_forwarders(self, wanted: Mapping[str, tuple[Fields, dict[str, str]]]) -> None:
        """Bring out forwarders, by the key of their service."""

    async def tidy(self, services: Sequence[Obj], workloads: Sequence[Obj], wanted: Mapping[str, Translation]) -> None:
        """Keep the forwarders of node ports and their lists of addresses."""
        self._refused = {uid: kept for uid, kept in self._refused.items() if uid in wanted}
        found: dict[str, tuple[Fields, dict[str, str]]] = {}
        for service in services:
            fields = forwarders.forwarder(service, self._options.forwarder_image)
            if fields is not None:
                marks = forwarders.forwarder_stamps(service, fields, self._cluster_uid)
                found[f"{namespace_of(service)}/{name_of(service)}"] = (fields, marks)
        await self._keep_forwarders(found)
        self._write_backends(services, workloads)

    def _write_backends(self, services: Sequence[Obj], workloads: Sequence[Obj]) -> None:
        ready = self._ready_addresses(workloads)
        files = {
            f"{namespace_of(service)}/{name_of(service)}": forwarders.backends(service, workloads, ready)
            for service in services
            if forwarders.node_ports(service)
        }
        alive = set()
        for task in self._look.tasks:
            key = self._own_labels(task).get(forwarders.MARK)
            name = observe.identifier(task)
            if key not in files or task.get("state") != "TASK_RUNNING":
                continue
            alive.add(name)
            if self._written.get(name) != files[key] and name not in self._writing:
                self._writing[name] = asyncio.create_task(self._write(name, files[key]), name=f"write {key}")
        self._written = {name: content for name, content in self._written.items() if name in alive}

    async def _write(self, task: str, content: str) -> None:
        try:
            if await self._access.run(task, forwarders.write_command(content), WRITE_SECONDS) == 0:
                self._written[task] = content
        except EngineError as error:
            log.info("forwarder not in step yet", task=task, error=str(error))
        finally:
            del self._writing[task]
            self._feed.woken.set()

    def _ready_addresses(self, workloads: Sequence[Obj]) -> dict[str, list[tuple[str, dict[int, int]]]]:
        """Return where the ready tasks of each workload are reached, by uid."""
        addresses = {host.id: host.address for host in observe.hosts(self._look.agents)}
        found: dict[str, list[tuple[str, dict[int, int]]]] = {uid_of(workload): [] for workload in workloads}
        adopted = {annotations_of(w).get(ADOPTED, ""): uid_of(w) for w in workloads}
        for task in self._look.tasks:
            uid = self._own_labels(task).get(f"{STAMPS}uid") or adopted.get(self._workload_of(task), "")
            if uid in found and observe.is_ready(task):
                found[uid].append((addresses.get(task["agent_id"]["value"], ""), observe.host_ports(task)))
        return found

    def _workload_of(self, task: Message) -> str:
        """Return the native id of the workload that a task belongs to."""
        del task
        return ""

    def _own_labels(self, task: Message) -> dict[str, str]:
        """Return a task's labels if it was made for this cluster."""
        labels = labels_of_task(task)
        return labels if labels.get(f"{STAMPS}cluster") == self._cluster_uid else {}

    def service_losses(self, service: Obj) -> list[dict[str, str]]:
        """Return what a Service asks for that Mesos does not do."""
        offered = [part for agent in self._look.agents for part in observe.ports(agent.get("total_resources") or ())]
        return forwarders.losses(service, sorted(set(offered)))

    async def close(self) -> None:
        """Close all connections."""
        for work in self._writing.values():
            work.cancel()
        await self._feed.close()
        await self._access.close()
        await self._master.close()


def _is_native(obj: Obj) -> bool:
    return ADOPTED in annotations_of(obj)
