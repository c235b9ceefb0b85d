"""The containers of a pod as found in the engine (pure)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bouvier.engine.states import ContainerState, Phase
from bouvier.node.pods import identity
from bouvier.node.pods.identity import Role

_OUT_OF_MEMORY_CODE = 137
_NEVER_STARTED_CODE = 128


@dataclass(frozen=True, slots=True)
class Record:
    """One container or sandbox of a pod, dead or alive."""

    state: ContainerState
    uid: str
    namespace: str
    pod: str
    role: Role
    name: str
    attempt: int
    hash: str
    sandbox: str
    level: int
    message: str = ""
    """What an ended container left behind as its termination message."""

    @property
    def id(self) -> str:
        """Return the engine's id."""
        return self.state.id

    @property
    def is_created(self) -> bool:
        """Tell whether it waits for its start."""
        return self.state.phase is Phase.CREATED

    @property
    def is_running(self) -> bool:
        """Tell whether its processes run."""
        return self.state.phase is Phase.RUNNING

    @property
    def is_exited(self) -> bool:
        """Tell whether it has ended or could not be started."""
        return self.state.phase is Phase.EXITED

    @property
    def exit_code(self) -> int:
        """Return the exit code; 128 when it could not be started."""
        if self.state.error and not self.state.started_at:
            return _NEVER_STARTED_CODE
        return self.state.exit_code

    @property
    def is_out_of_memory(self) -> bool:
        """Tell whether the kernel killed its first process for want of memory."""
        return self.state.out_of_memory and self.state.exit_code == _OUT_OF_MEMORY_CODE

    @property
    def ended_seconds(self) -> float:
        """Return when it ended, in seconds since the epoch; its creation when it never ran."""
        return seconds(self.state.finished_at or self.state.created_at)

    @property
    def started_seconds(self) -> float:
        """Return when it was started; its creation when it never was."""
        return seconds(self.state.started_at or self.state.created_at)


@dataclass(frozen=True, slots=True)
class PodRecords:
    """Everything of one pod that is in the engine."""

    sandboxes: tuple[Record, ...] = ()
    """Newest first."""
    containers: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    """By container name, newest first."""

    @property
    def sandbox(self) -> Record | None:
        """Return the newest sandbox."""
        return self.sandboxes[0] if self.sandboxes else None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is left in the engine."""
        return not self.sandboxes and not self.containers

    def all(self) -> list[Record]:
        """Return every record, members before sandboxes."""
        return [record for records in self.containers.values() for record in records] + list(self.sandboxes)

    def newest(self, name: str) -> Record | None:
        """Return the newest container of that name."""
        records = self.containers.get(name)
        return records[0] if records else None

    def last_dead(self, name: str) -> Record | None:
        """Return the newest container of that name that was replaced by another one or has ended."""
        records = self.containers.get(name, ())
        return next((record for record in records if record.is_exited), None)


def parse(state: ContainerState) -> Record | None:
    """Return the record of a container that carries the platform's labels."""
    labels = state.labels
    try:
        return Record(
            state=state,
            uid=labels[identity.UID],
            namespace=labels[identity.NAMESPACE],
            pod=labels[identity.POD],
            role=Role(labels[identity.ROLE]),
            name=labels.get(identity.CONTAINER, ""),
            attempt=int(labels[identity.ATTEMPT]),
            hash=labels.get(identity.HASH, ""),
            sandbox=labels.get(identity.SANDBOX, ""),
            level=int(labels.get(identity.LEVEL, "0")),
        )
    except (KeyError, ValueError):
        return None


def group(records: Iterable[Record]) -> PodRecords:
    """Sort the records of one pod."""
    sandboxes: list[Record] = []
    containers: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda r: (r.attempt, r.state.created_at), reverse=True):
        if record.role is Role.SANDBOX:
            sandboxes.append(record)
        else:
            containers.setdefault(record.name, []).append(record)
    return PodRecords(tuple(sandboxes), {name: tuple(found) for name, found in containers.items()})


def seconds(text: str) -> float:
    """Return an engine's time as seconds since the epoch; 0 for an empty text."""
    if not text:
        return 0.0
    whole, _, fraction = text.removesuffix("Z").partition(".")
    digits = fraction.split("+")[0].split("-")[0]
    moment = datetime.fromisoformat(whole + "+00:00").timestamp()
    return moment + float(f"0.{digits}") if digits else moment
