"""What a storage driver of a host can do.

Every call may be cut short at any point and made again: drivers first make things beside their final name. Names are
those of volumes and snapshots, unique on the host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bouvier.meta.objects import Obj


class StorageError(Exception):
    """The host could not do it; another attempt may succeed."""


class CannotHoldError(StorageError):
    """The host has no room for such a volume, or no way to make it; another host may."""


class RefusedError(StorageError):
    """No host can do it: the order itself must change."""


@dataclass(frozen=True, slots=True)
class Order:
    """A volume to make."""

    name: str
    size_bytes: int
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Of the storage class."""
    from_volume: str = ""
    """Name of the volume whose contents it starts with."""
    from_snapshot: str = ""
    """Name of the snapshot whose contents it starts with."""
    promised_bytes: int = 0
    """Sum of the sizes of the volumes that the driver has made on this host already."""


@dataclass(frozen=True, slots=True)
class Made:
    """A volume that was made."""

    source: Obj
    """Its part of a PersistentVolume's spec, such as `{"local": {"path": …}}`."""
    is_bound_to_host: bool = True
    """Whether other hosts cannot reach it."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What volumes of a driver are like."""

    modes: frozenset[str]
    """Access modes that can be promised."""
    has_snapshots: bool = False
    can_clone: bool = False
    can_grow: bool = False


ONE_HOST = frozenset({"ReadWriteOnce", "ReadWriteOncePod"})
"""Access modes of a volume that only one host can mount."""


class Driver(Protocol):
    """Makes volumes on one host."""

    @property
    def traits(self) -> Traits:
        """Return what its volumes are like."""

    async def create(self, order: Order) -> Made:
        """Make a volume; one that is there already is kept as it is.

        Raises:
            CannotHoldError: there is no room.
            RefusedError: the parameters make no sense.
        """

    async def remove(self, name: str) -> None:
        """Remove a volume with its contents; one that is gone is no error."""

    async def resize(self, name: str, size_bytes: int) -> None:
        """Give a volume a larger size."""


class Snapshots(Protocol):
    """A driver that also keeps earlier states of its volumes."""

    async def take(self, volume: str, snapshot: str) -> int:
        """Keep the present state of a volume; return when it was taken, in nanoseconds since the epoch."""

    async def drop(self, snapshot: str) -> None:
        """Remove a snapshot; one that is gone is no error."""

    async def revert(self, volume: str, snapshot: str, mark: str) -> None:
        """Put a volume's contents back to a snapshot, once for each mark; the snapshot stays."""
