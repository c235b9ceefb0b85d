"""Pods and records for tests of pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bouvier.engine.states import ContainerState, Phase
from bouvier.meta.objects import Obj
from bouvier.node.pods import identity
from bouvier.node.pods.identity import Role
from bouvier.node.pods.records import PodRecords, Record, group, parse
from bouvier.node.pods.seen import Seen
from bouvier.node.ports import PodAddresses

NOW = 1_800_000_000.0
BOX = "sandbox-1"


def pod(*containers: Obj, init: list[Obj] | None = None, status: Obj | None = None, **spec: Any) -> Obj:
    """Return a pod; without containers it has one named `app`."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "ns", "uid": "uid-1"},
        "spec": {"containers": list(containers) or [container()], "initContainers": init or []} | spec,
        "status": status or {},
    }


def container(name: str = "app", **fields: Any) -> Obj:
    return {"name": name, "image": "image:1"} | fields


def at(seconds: float) -> str:
    """Return an engine's time so many seconds from now."""
    return datetime.fromtimestamp(NOW + seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(
    spec: Obj,
    phase: Phase,
    *,
    role: Role = Role.CONTAINER,
    attempt: int = 0,
    level: int = 0,
    sandbox: str = BOX,
    code: int = 0,
    started: float = -60.0,
    ended: float = -1.0,
    **state: Any,
) -> Record:
    """Return the record of a container in the engine."""
    labels = identity.container_labels("plat", pod(), spec, role, attempt=attempt, level=level, sandbox=sandbox)
    found = parse(
        ContainerState(
            id=f"{spec['name']}-{attempt}",
            name="n",
            phase=phase,
            labels=labels,
            image="image:1",
            image_id="sha256:1",
            exit_code=code,
            created_at=at(started),
            started_at="" if phase is Phase.CREATED else at(started),
            finished_at=at(ended) if phase is Phase.EXITED else "",
            **state,
        )
    )
    assert found is not None
    return found


def sandbox(phase: Phase = Phase.RUNNING, identifier: str = BOX, attempt: int = 0) -> Record:
    labels = identity.sandbox_labels("plat", pod(), attempt)
    found = parse(ContainerState(id=identifier, name="s", phase=phase, labels=labels, pid=77, created_at=at(-60)))
    assert found is not None
    return found


def seen(*records: Record, **fields: Any) -> Seen:
    """Return a pod on a host where everything is prepared."""
    usual: dict[str, Any] = {
        "addresses": PodAddresses(("10.42.0.9",)),
        "volumes_ready": True,
        "images": frozenset({"image:1"}),
    }
    return Seen(records=records_of(*records), **(usual | fields))


def records_of(*records: Record) -> PodRecords:
    return group(records)
