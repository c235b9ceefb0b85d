"""Ports of the host: one pod at a time has a port, protocol and address; the address 0.0.0.0 stands for all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bouvier.scheduler.filters.base import ALL, Reason
from bouvier.scheduler.labels import Mask
from bouvier.scheduler.shape import WILDCARD, HostPort, Shape
from bouvier.scheduler.snapshot import Snapshot

NAME = "NodePorts"


def check(snapshot: Snapshot, shape: Shape, rows: slice = ALL) -> Mask:
    """Return the hosts on which all ports of the pod are free."""
    mask = np.ones(snapshot.capacity, np.bool_)
    for port in shape.ports:
        mask[list(_rows_in_use(snapshot, port))] = False
    return mask[rows]


def explain(_snapshot: Snapshot, _shape: Shape, refused: Mask) -> list[Reason]:
    """Return the one reason."""
    return [Reason("node(s) didn't have free ports for the requested pod ports", refused)]


def remedy(snapshot: Snapshot, shape: Shape, row: int) -> str:
    """Name the ports that are taken, and by whom."""
    taken = [port for port in shape.ports if row in set(_rows_in_use(snapshot, port))]
    users = sorted(
        pod.key
        for pod in snapshot.pods_on(snapshot.names[row])
        if any(_collide(port, other) for port in taken for other in pod.shape.ports)
    )
    numbers = ", ".join(f"{port.port}/{port.protocol}" for port in taken)
    return f"host port {numbers} is taken by {', '.join(users)}; choose another port or a Service"


def _rows_in_use(snapshot: Snapshot, port: HostPort) -> Iterator[int]:
    for row, addresses in snapshot.used_ports.get((port.protocol, port.port), {}).items():
        if port.address == WILDCARD or WILDCARD in addresses or port.address in addresses:
            yield row


def _collide(one: HostPort, other: HostPort) -> bool:
    if (one.protocol, one.port) != (other.protocol, other.port):
        return False
    return WILDCARD in {one.address, other.address} or one.address == other.address
