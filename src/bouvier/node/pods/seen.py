"""Everything that decisions about one pod are made from, beside the pod itself (pure data)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bouvier.node.pods.records import PodRecords
from bouvier.node.pods.resizing import Pending
from bouvier.node.ports import PodAddresses


@dataclass(frozen=True, slots=True)
class Failure:
    """The last failure of a kind of work."""

    reason: str
    """As in a waiting state: `ErrImagePull`, `CreateContainerConfigError`, …"""
    message: str
    at: float
    """Seconds since the epoch, as all moments here."""
    retry_at: float
    count: int = 1


@dataclass(frozen=True, slots=True)
class ProbeView:
    """What the probes of one container say."""

    ready: bool = False
    started: bool = False
    unhealthy: str = ""
    """Why the container must be restarted; empty while it is healthy."""
    grace_seconds: int | None = None
    """Grace period that the failed probe asks for."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One pod as it is on this host."""

    records: PodRecords = field(default_factory=PodRecords)
    addresses: PodAddresses | None = None
    """Set once the network is attached (or is the host's)."""
    volumes_ready: bool = False
    images: frozenset[str] = frozenset()
    """Those of the pod's images that this host has."""
    pulled: frozenset[tuple[str, int]] = frozenset()
    """`(container, attempt)` for which policy `Always` has been satisfied."""
    probes: Mapping[str, ProbeView] = field(default_factory=dict)
    """By container id."""
    busy: frozenset[str] = frozenset()
    """Keys of work in progress."""
    stopping: Mapping[str, float] = field(default_factory=dict)
    """Containers being stopped, with the moment at which they are killed."""
    hooking: frozenset[str] = frozenset()
    """Containers whose postStart hook runs."""
    failures: Mapping[str, Failure] = field(default_factory=dict)
    """By key of the work that failed."""
    resources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each container has, by engine id, as in `spec`; a container that is not here has what is granted."""
    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Whose the first process of each running container is, by engine id."""
    pending: Pending | None = None
    """Why a change of resources is not granted."""
    ending_since: float = 0.0
    """When the end of the pod was first noticed; 0 while it is to run."""
