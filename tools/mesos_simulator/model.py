"""What the simulated cluster consists of: agents, frameworks, tasks."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.mesos_simulator.resources import Amounts, parse

TERMINAL = frozenset(
    ("TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_LOST", "TASK_DROPPED", "TASK_GONE_BY_OPERATOR")
)
Message = dict[str, Any]
Send = Callable[[Message], None]


@dataclass(slots=True, eq=False)
class Agent:
    """A host of the cluster; several may share one engine, each with an address of its own."""

    id: str
    hostname: str
    address: str
    port: int
    total: Amounts
    attributes: dict[str, str]
    registered: float = field(default_factory=time.time)
    deactivated: bool = False
    draining: Message | None = None
    """The drain configuration while it drains and afterwards, until it is reactivated."""
    drain_began: float = 0.0

    @property
    def takes_tasks(self) -> bool:
        """Tell whether its resources are offered."""
        return not self.deactivated and self.draining is None

    def info(self) -> Message:
        """Return its AgentInfo."""
        attributes = [{"name": n, "type": "TEXT", "text": {"value": v}} for n, v in sorted(self.attributes.items())]
        return {"id": {"value": self.id}, "hostname": self.hostname, "port": self.port, "attributes": attributes}


@dataclass(slots=True, eq=False)
class Framework:
    """A scheduler that has subscribed."""

    id: str
    info: Message
    send: Send | None = None
    """How to reach it; None while it is away."""
    stream: str = ""
    suppressed: bool = False
    refused: dict[str, float] = field(default_factory=dict)
    """Until when offers of an agent are held back."""
    registered: float = field(default_factory=time.time)
    left: float = 0.0

    @property
    def roles(self) -> list[str]:
        """Return the roles that it takes offers for."""
        return list(self.info.get("roles") or [self.info.get("role") or "*"])

    def can(self, capability: str) -> bool:
        """Tell whether it announced a capability."""
        return any(entry.get("type") == capability for entry in self.info.get("capabilities") or ())


@dataclass(slots=True, eq=False)
class Offer:
    """Resources of one agent held for one framework."""

    id: str
    framework: Framework
    agent: Agent
    amounts: Amounts


@dataclass(slots=True, eq=False)
class Task:
    """A task and its one container."""

    info: Message
    framework: Framework
    agent: Agent
    sandbox: Path
    state: str = "TASK_STAGING"
    container_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    statuses: list[Message] = field(default_factory=list)
    unacknowledged: list[Message] = field(default_factory=list)
    sent: float = 0.0
    """When the first of them was sent."""
    docker: str = ""
    """Id of the Docker container."""
    address: str = ""
    """Where its ports are reached."""
    container_address: str = ""
    pid: int = 0
    is_killing: bool = False
    healthy: bool | None = None
    check: Message | None = None

    @property
    def id(self) -> str:
        """Return the id that its framework gave it."""
        return str(self.info["task_id"]["value"])

    @property
    def amounts(self) -> Amounts:
        """Return what it takes."""
        return parse(self.info.get("resources") or ())

    @property
    def is_terminal(self) -> bool:
        """Tell whether it has ended."""
        return self.state in TERMINAL

    @property
    def executor_id(self) -> str:
        """Return the id of its executor: the command executor has the task's own."""
        return str((self.info.get("executor") or {}).get("executor_id", {}).get("value", self.id))

    @property
    def container_type(self) -> str:
        """Return `DOCKER` or `MESOS`."""
        return str((self.info.get("container") or {}).get("type", "MESOS"))

    def describe(self) -> Message:
        """Return its Task message."""
        kept = ("name", "labels", "resources", "container", "discovery", "health_check", "check", "kill_policy")
        return {name: self.info[name] for name in kept if name in self.info} | {
            "task_id": {"value": self.id},
            "framework_id": {"value": self.framework.id},
            "agent_id": {"value": self.agent.id},
            "state": self.state,
            "statuses": self.statuses[-2:],
        }

    def container_status(self) -> Message:
        """Return the ContainerStatus of its updates."""
        address = {"ip_address": self.container_address or self.agent.address, "protocol": "IPv4"}
        status: Message = {"container_id": {"value": self.container_id}, "network_infos": [{"ip_addresses": [address]}]}
        return status | ({"executor_pid": self.pid} if self.pid else {})


def new_uuid() -> str:
    """Return sixteen random bytes as bytes stand in JSON."""
    return base64.b64encode(uuid.uuid4().bytes).decode()


def nanoseconds(seconds: float) -> Message:
    """Return a TimeInfo or DurationInfo."""
    return {"nanoseconds": int(seconds * 1_000_000_000)}
