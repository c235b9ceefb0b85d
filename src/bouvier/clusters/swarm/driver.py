"""The driver of a Docker Swarm, through the API of one of its managers.

What stands in the Swarm is found by labels: the uid of our Cluster object, the uid, generation and hash of the object
that a service was made for. Tasks have no events, so the state of tasks that are on their way is asked for repeatedly;
events of services, nodes and of containers on the manager's own host end a wait at once.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson

from bouvier.clusters.driver import (
    ADOPTED,
    Availability,
    Fields,
    Group,
    Host,
    Instance,
    Observed,
    Related,
    Translation,
    Workload,
    digest,
)
from bouvier.clusters.swarm import forwarders, imports, observe
from bouvier.clusters.swarm.fields import STAMPS, TEMPLATE_FIELDS, adopted_spec, fields_of, spec_of
from bouvier.clusters.swarm.files import File, files_of
from bouvier.clusters.swarm.translate import translate
from bouvier.engine.docker.engine import DockerEngine
from bouvier.engine.docker.http import DockerHttp
from bouvier.engine.errors import Conflict, EngineError, NotFound, Unreachable
from bouvier.engine.protocol import Engine
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of

LONGEST_NAME = 63
HOSTS_SECONDS = 1.0
"""Between looks at nodes and the manager itself, which cost more than those at services and tasks."""
NEVER = float("-inf")
GROUPS_SECONDS = 3.0
"""Between looks at what is only shown."""
EVENT_TYPES = ("service", "node", "secret", "config", "container")
CAPABILITIES = (
    "deployments",
    "daemonsets",
    "pods",
    "jobs",
    "statefulsets",
    "services",
    "node-ports",
    "configmaps",
    "secrets",
    "logs",
    "exec",
    "drain",
    "native-changes",
    "adopt",
)


class SwarmDriver:
    """One Swarm; fulfils `clusters.driver.Driver`."""

    capabilities = CAPABILITIES
    template_fields = TEMPLATE_FIELDS
    adopted_fields = imports.TAKEN_OVER
    keeps_log_times = True

    def __init__(self, engine: str, cluster_uid: str, *, forwarder_image: str = "") -> None:
        self._engine_address = engine
        self._http = DockerHttp(engine.removeprefix("unix://"))
        self._engine = DockerEngine(engine)
        self._cluster_uid = cluster_uid
        self._forwarder_image = forwarder_image or forwarders.IMAGE
        self._own_node = ""
        self._networks: dict[str, str] = {}
        self._services: list[Any] = []
        self._groups: tuple[Group, ...] = ()
        self._grouped_at = self._hosts_at = NEVER
        self._version = ""
        self._reading: asyncio.Task[None] | None = None
        self._nodes: list[Any] = []
        self._events: Any = None

    async def observe(self) -> Observed:
        """Read services, tasks and nodes."""
        with _as_connection_errors():
            if self._hosts_at == NEVER:
                await self._read_hosts()
            self._freshen()
            services, tasks = await asyncio.gather(
                self._http.call("GET", "/services"), self._http.call("GET", "/tasks")
            )
            services, tasks = services or [], tasks or []
            wanted = {n["Target"] for s in services for n in s["Spec"]["TaskTemplate"].get("Networks") or ()}
            if wanted - set(self._networks):
                await self._read_networks()
        self._services = services
        seen = observe.observed(
            self._version,
            self._cluster_uid,
            services=services,
            tasks=tasks,
            nodes=self._nodes,
            networks=self._networks,
        )
        return replace(seen, groups=self._groups)

    def _freshen(self) -> None:
        """Read in the background what is rarely news, so that no change of a workload waits for it."""
        if self._reading is not None and not self._reading.done():
            return
        now = time.monotonic()
        works = [self._read_hosts] * (now - self._hosts_at > HOSTS_SECONDS)
        works += [self._read_groups] * (now - self._grouped_at > GROUPS_SECONDS)

        async def read() -> None:
            with contextlib.suppress(ConnectionError, EngineError):  # the next look at workloads meets it too
                for work in works:
                    await work()

        if works:
            self._reading = asyncio.get_running_loop().create_task(read(), name="swarm hosts and groups")

    async def _read_hosts(self) -> None:
        """Read nodes and the manager itself; events of nodes make this happen before the next look."""
        read_at = time.monotonic()
        info = await self._http.call("GET", "/info")
        self._check_manager(info.get("Swarm") or {})
        self._version = str(info.get("ServerVersion", ""))
        self._nodes = await self._http.call("GET", "/nodes") or []
        self._hosts_at = read_at

    async def _read_groups(self) -> None:
        """Read what is shown but not driven."""
        query = {"filters": orjson.dumps({"scope": ["swarm"]}).decode()}
        found = {
            "services": self._services,
            "networks": await self._http.call("GET", "/networks", query=query) or [],
            "configs": await self._http.call("GET", "/configs") or [],
            "secrets": await self._http.call("GET", "/secrets") or [],
        }
        self._groups = observe.groups(self._cluster_uid, found)
        self._grouped_at = time.monotonic()

    def _check_manager(self, swarm: Mapping[str, Any]) -> None:
        self._own_node = swarm.get("NodeID", "")
        state = swarm.get("LocalNodeState", "inactive")
        if state != "active" or not swarm.get("ControlAvailable"):
            raise ConnectionError(
                f"{self._engine_address} is not a manager of a Swarm (state {state}): "
                "run `docker swarm init` there, or name a manager"
            )

    async def _read_networks(self) -> None:
        query = {"filters": orjson.dumps({"scope": ["swarm"]}).decode()}
        found = await self._http.call("GET", "/networks", query=query) or []
        self._networks = {network["Id"]: network["Name"] for network in found}

    def translate(self, obj: Obj, related: Related) -> Translation:
        """Return the fields of a service."""
        return translate(obj, related)

    def adopted_changes(self, obj: Obj, live: Fields, wanted: Fields) -> Obj:
        """Return the spec after taking over scale, image, arguments and environment."""
        return imports.changed_spec(obj, live, wanted)

    def foreign_object(self, workload: Workload) -> Obj:
        """Return the object that shows a service."""
        return imports.object_of(workload)

    # Changing

    async def put(self, obj: Obj, fields: Fields, related: Related, live: Workload | None) -> None:
        """Create or update the service of an object."""
        with _as_connection_errors():
            ids = await self._ensure(fields, related)
            stamps = self._stamps(obj, fields)
            name = live.name if live else service_name(obj)
            await self._put(name, fields, stamps, ids, live.raw if live else None, keep=_is_adopted(obj))

    async def _put(
        self, name: str, fields: Fields, stamps: Mapping[str, str], ids: Any, live: Any, *, keep: bool
    ) -> None:
        spec = spec_of(name, fields, stamps, ids)
        if live is None:
            await self._http.call("POST", "/services/create", body=spec)
            return
        if keep:
            spec = adopted_spec(live["Spec"], fields, stamps)
        spec["TaskTemplate"]["ForceUpdate"] = live["Spec"]["TaskTemplate"].get("ForceUpdate", 0)
        query = {"version": str(live["Version"]["Index"])}
        await self._http.call("POST", f"/services/{live['ID']}/update", query=query, body=spec)

    def _stamps(self, obj: Obj, fields: Fields) -> dict[str, str]:
        return {
            f"{STAMPS}cluster": self._cluster_uid,
            f"{STAMPS}uid": uid_of(obj),
            f"{STAMPS}kind": obj["kind"],
            f"{STAMPS}namespace": namespace_of(obj),
            f"{STAMPS}name": name_of(obj),
            f"{STAMPS}generation": str(obj["metadata"].get("generation", 0)),
            f"{STAMPS}hash": digest(fields),
        }

    async def _ensure(self, fields: Fields, related: Related) -> dict[str, dict[str, str]]:
        """Make the networks, configs and secrets that a service refers to, and return their ids by name."""
        ids: dict[str, dict[str, str]] = {"networks": {}, "configs": {}, "secrets": {}}
        for name, _ in fields.get("networks") or ():
            ids["networks"][name] = await self._network(name)
        sources = [*related.config_maps.values(), *related.secrets.values()]
        needed = {entry[1] for kind in ("configs", "secrets") for entry in fields.get(kind) or ()}
        if not needed:
            return ids
        files = {f.name: f for source in sources for f in files_of(source).values() if f.name in needed}
        for kind in ("configs", "secrets"):
            present = {f["Spec"]["Name"]: f["ID"] for f in await self._http.call("GET", f"/{kind}") or ()}
            for _, name, _ in fields.get(kind) or ():
                ids[kind][name] = present.get(name) or await self._create_file(files[name])
        return ids

    async def _create_file(self, file: File) -> str:
        data = base64.b64encode(file.content).decode()
        body = {"Name": file.name, "Data": data, "Labels": {f"{STAMPS}cluster": self._cluster_uid}}
        return str((await self._http.call("POST", f"/{file.kind}/create", body=body))["ID"])

    async def _network(self, name: str) -> str:
        await self._read_networks()
        for identifier, known in self._networks.items():
            if known == name:
                return identifier
        labels = {f"{STAMPS}cluster": self._cluster_uid}
        body = {"Name": name, "Driver": "overlay", "Attachable": True, "Labels": labels, "CheckDuplicate": True}
        with contextlib.suppress(Conflict):
            await self._http.call("POST", "/networks/create", body=body)
        await self._read_networks()
        return next(identifier for identifier, known in self._networks.items() if known == name)

    async def remove(self, workload: Workload) -> None:
        """Remove a service with its tasks."""
        with _as_connection_errors(), contextlib.suppress(NotFound):
            await self._http.call("DELETE", f"/services/{workload.id}")

    async def hold(self, host: Host, availability: Availability) -> bool:
        """Set a node's availability."""
        with _as_connection_errors():
            node = await self._http.call("GET", f"/nodes/{host.id}")
            body = {**node["Spec"], "Availability": availability}
            await self._http.call(
                "POST", f"/nodes/{host.id}/update", query={"version": str(node["Version"]["Index"])}, body=body
            )
            self._hosts_at = NEVER
        return True

    async def stop_instance(self, instance: Instance) -> None:
        """Remove a task's container on the manager's own host; elsewhere only the orchestrator itself can."""
        if instance.container and instance.host == self._own_node:
            with _as_connection_errors():
                await self._engine.stop(instance.container, 10)

    async def tidy(self, services: Sequence[Obj], workloads: Sequence[Obj], wanted: Mapping[str, Translation]) -> None:
        """Keep the forwarders of node ports, and remove configs and secrets that nothing uses."""
        with _as_connection_errors():
            await self._keep_forwarders(services, workloads)
            await self._remove_unused(wanted)

    def service_losses(self, service: Obj) -> list[dict[str, str]]:
        """Return what a Service asks for that Swarm does not do."""
        return forwarders.losses(service)

    async def _keep_forwarders(self, services: Sequence[Obj], workloads: Sequence[Obj]) -> None:
        live = {s["Spec"]["Name"]: s for s in self._services if self._is_own_forwarder(s)}
        for service in services:
            fields = forwarders.forwarder(service, workloads, self._forwarder_image)
            if fields is None:
                continue
            name = forwarders.forwarder_name(service)
            present = live.pop(name, None)
            stamps = forwarders.stamps(service, fields, self._cluster_uid)
            if present is not None and present["Spec"]["Labels"] == stamps:
                continue
            ids = await self._ensure(fields, Related())
            await self._put(name, fields, stamps, ids, present, keep=False)
        for left in live.values():
            with contextlib.suppress(NotFound):
                await self._http.call("DELETE", f"/services/{left['ID']}")

    def _is_own_forwarder(self, service: Mapping[str, Any]) -> bool:
        labels = service["Spec"].get("Labels") or {}
        return f"{STAMPS}forwarder" in labels and labels.get(f"{STAMPS}cluster") == self._cluster_uid

    async def _remove_unused(self, wanted: Mapping[str, Translation]) -> None:
        used = {e[1] for t in wanted.values() for kind in ("configs", "secrets") for e in t.fields.get(kind) or ()}
        for service in self._services:
            for spec in (service["Spec"], service.get("PreviousSpec") or {}):
                fields = fields_of(spec, {})
                used |= {entry[1] for kind in ("configs", "secrets") for entry in fields.get(kind) or ()}
        query = {"filters": json.dumps({"label": [f"{STAMPS}cluster={self._cluster_uid}"]})}
        for kind in ("configs", "secrets"):
            for file in await self._http.call("GET", f"/{kind}", query=query) or ():
                if file["Spec"]["Name"] not in used:
                    with contextlib.suppress(EngineError):  # a task that still ends may hold it: the next look
                        await self._http.call("DELETE", f"/{kind}/{file['ID']}")

    # Looking

    async def news(self) -> None:
        """Wait for one event of the manager's engine."""
        query = {"filters": orjson.dumps({"type": list(EVENT_TYPES)}).decode()}
        with _as_connection_errors():
            if self._events is None:
                self._stream = self._http.stream("GET", "/events", query=query)
                self._events = await self._stream.__aenter__()
                return
            while line := await self._events.readline():
                event = orjson.loads(line)
                action = event.get("Action", "")
                if event.get("Type") == "node":
                    self._hosts_at = NEVER
                if not action.startswith("exec_") and action != "top":
                    return
            self._events = None
            raise ConnectionError(f"{self._engine_address}: the event stream ended")

    def reach(self, instance: Instance) -> tuple[Engine, str] | None:
        """Return engine and container of a task on the manager's own host."""
        if instance.host != self._own_node or not instance.container:
            return None
        return self._engine, instance.container

    async def close(self) -> None:
        """Close all connections."""
        if self._reading is not None:
            self._reading.cancel()
        await self._http.close()
        await self._engine.close()


def service_name(obj: Obj) -> str:
    """Return what the service of an object is called; what is too long, or has dots, ends in a hash."""
    name = f"{namespace_of(obj)}_{name_of(obj)}" + ("_pod" if obj["kind"] == "Pod" else "")
    plain = name.replace(".", "-")
    return name if plain == name and len(name) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 9]}_{digest(name)[:8]}"


def _is_adopted(obj: Obj) -> bool:
    return ADOPTED in (obj["metadata"].get("annotations") or {})


@contextlib.contextmanager
def _as_connection_errors() -> Any:
    try:
        yield
    except Unreachable as error:
        raise ConnectionError(str(error)) from error
