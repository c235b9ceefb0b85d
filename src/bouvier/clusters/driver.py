"""What a driver of another orchestrator does, and the words that all drivers share.

A *workload* is what the orchestrator keeps running on its own (a Swarm service, a Marathon app); an *instance* is one
run of it on a host. Drivers know both in their native form and describe them here in a common one:

- `observe` reads everything in one go;
- `translate` (pure) turns an object of ours into native fields and names what is lost;
- `put` and `remove` change the orchestrator; `hold` takes a host out of scheduling;
- `reach` finds the way to an instance, for logs and exec.

The decision between them is made once for all drivers, in `clusters.sync`.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import orjson

from bouvier.engine.protocol import Session
from bouvier.engine.specs import ExecSpec, LogOptions
from bouvier.engine.states import Output
from bouvier.meta.objects import Obj

FOREIGN = "bouvier.io/foreign"
"""Annotation of an object that stands for a native workload which we do not own; its value is the native id."""
ADOPT = "bouvier.io/adopt"
"""Label by which a user takes a foreign workload over."""
ADOPTED = "bouvier.io/adopted"
"""Annotation of an object whose native workload existed before it."""
APPLIED = "bouvier.io/applied"
"""Annotation with the hash of the fields that were last the same on both sides: what differs from them has changed."""
LOSS_REPORT = "bouvier.io/loss-report"
"""Annotation that names every field which the orchestrator cannot express, as a JSON list."""
INSTANCE = "bouvier.io/instance"
"""Annotation of a pod with the id of its instance."""

Fields = dict[str, Any]
"""What we manage of a workload, in a canonical native form: equal fields mean that nothing is to be done."""
Availability = Literal["active", "pause", "drain"]
Phase = Literal["pending", "creating", "running", "succeeded", "failed"]


class Loss(NamedTuple):
    """A field of an object that the orchestrator cannot express."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Translation:
    """An object in native fields."""

    fields: Fields
    losses: tuple[Loss, ...] = ()
    refusal: str = ""
    """Why it cannot run there at all; empty when it can."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A native workload."""

    id: str
    name: str
    kind: Literal["Deployment", "DaemonSet", "Pod"]
    """`Pod`: one that our own controllers and scheduler decided upon, see `pod_workload`."""
    uid: str
    """Uid of the object of ours that it was made for; empty for foreign ones."""
    fields: Fields
    update: Literal["", "updating", "paused", "completed", "rolling-back"] = ""
    message: str = ""
    created_at: str = ""
    adoptable: bool = True
    """Whether it may be taken over: what another scheduler runs may not."""
    raw: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Instance:
    """One run of a workload."""

    id: str
    workload: str
    """Native id of its workload."""
    phase: Phase
    ready: bool
    template: str
    """`template_key` of the fields that it was started with."""
    host: str = ""
    """Native id of its host."""
    container: str = ""
    address: str = ""
    message: str = ""
    image: str = ""
    restarts: int = 0
    exit_code: int | None = None
    started_at: str = ""
    finished_at: str = ""
    wanted: bool = True
    """Whether the orchestrator means to keep it."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host of the orchestrator."""

    id: str
    name: str
    ready: bool
    availability: Availability
    cpu_millis: int
    memory_bytes: int
    address: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    is_manager: bool = False
    os: str = "linux"
    architecture: str = "amd64"
    engine_version: str = ""
    engine: str = "docker"
    """Name of what runs containers there."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What belongs together natively and was not made by us: a stack of Swarm, for example."""

    name: str
    """Empty for what belongs to nothing."""
    services: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything at one moment."""

    version: str
    workloads: tuple[Workload, ...]
    instances: tuple[Instance, ...]
    hosts: tuple[Host, ...]
    settled: bool = True
    """Whether nothing is on its way: a look is then needed at news only."""
    groups: tuple[Group, ...] = ()
    """What others made, by group."""


@dataclass(frozen=True, slots=True)
class Related:
    """Objects of the same namespace that a workload may refer to."""

    config_maps: Mapping[str, Obj] = field(default_factory=dict)
    secrets: Mapping[str, Obj] = field(default_factory=dict)
    services: Sequence[Obj] = ()


def pod_workload(pod: Obj, host: str) -> Obj:
    """Return a pod as a workload of one instance on one host (by native id), for drivers that can do `pods`."""
    template = {"metadata": pod["metadata"], "spec": pod["spec"]}
    spec = {"replicas": 1, "host": host, "template": template}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": pod["metadata"], "spec": spec}


class Access(Protocol):
    """What logs and exec need of where an instance runs; every engine has it."""

    def logs(self, container: str, options: LogOptions) -> AsyncIterator[Output]:
        """Read a container's output."""

    def execute(self, container: str, spec: ExecSpec) -> AbstractAsyncContextManager[Session]:
        """Run a process inside a running container."""

    def attach(self, container: str, *, stdin: bool) -> AbstractAsyncContextManager[Session]:
        """Connect to the streams of a container's first process."""


class Driver(Protocol):
    """One orchestrator behind one logical cluster."""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """Return what it can do, as words for people and machines: `deployments`, `pods`, `exec`."""

    @property
    def template_fields(self) -> frozenset[str]:
        """Return which fields describe an instance, so that changing them replaces instances."""

    @property
    def adopted_fields(self) -> tuple[str, ...]:
        """Return which fields are managed of a workload that was not made by us."""

    @property
    def keeps_log_times(self) -> bool:
        """Tell whether logs can be read with times, or from a time on."""

    async def observe(self) -> Observed:
        """Read everything.

        Raises:
            ConnectionError: it cannot be reached.
        """

    def translate(self, obj: Obj, related: Related) -> Translation:
        """Return the native form of a Deployment, a DaemonSet, or with `pods` a `pod_workload` (pure)."""

    def adopted_changes(self, obj: Obj, live: Fields, wanted: Fields) -> Obj:
        """Return the spec of an object after taking over what was changed natively (pure)."""

    def foreign_object(self, workload: Workload) -> Obj:
        """Return the object that shows a workload which we do not own (pure)."""

    async def put(self, obj: Obj, fields: Fields, related: Related, live: Workload | None) -> None:
        """Create the workload, or bring `live` to these fields."""

    async def remove(self, workload: Workload) -> None:
        """End a workload and its instances."""

    async def hold(self, host: Host, availability: Availability) -> bool:
        """Change whether a host takes instances and keeps those it has; False when that is not possible yet."""

    async def stop_instance(self, instance: Instance) -> None:
        """End one instance; the orchestrator replaces it."""

    async def tidy(self, services: Sequence[Obj], workloads: Sequence[Obj], wanted: Mapping[str, Translation]) -> None:
        """Bring out what belongs to no workload (forwarders of node ports), and remove what is no longer used."""

    def service_losses(self, service: Obj) -> list[dict[str, str]]:
        """Return what a Service asks for that cannot be had (pure)."""

    async def news(self) -> None:
        """Return when something may have changed natively; wait for ever where there are no such messages."""

    def reach(self, instance: Instance) -> tuple[Access, str] | None:
        """Return the way to an instance and the name of its container there of an instance, None when its host's engine cannot be reached from here."""

    async def close(self) -> None:
        """Close all connections."""


def digest(value: Any) -> str:
    """Return a short hash of plain data."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def template_key(fields: Fields, names: frozenset[str]) -> str:
    """Return a hash of those fields that describe an instance."""
    return digest({name: fields[name] for name in sorted(names) if fields.get(name)})
