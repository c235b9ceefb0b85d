"""Which pod holds which address of this host: one file for each address, in a folder.

`10.42.0.5.json` is a lease; `10.42.0.5.free` remembers when an address was given back, so that the one unused for
longest is taken next. A lease appears by an exclusive link of a finished file: it is whole or absent, and two processes
never take the same address. Nothing is synced to the disk: after a power failure no sandbox is left either.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from bouvier.network.addresses.types import Pod, PodPort

_log = logging.getLogger(__name__)


class NoFreeAddressError(Exception):
    """Every address of the host's range is held by a pod."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One address and the pod that holds it."""

    address: IPv4Address
    uid: str
    namespace: str
    name: str
    ports: tuple[PodPort, ...] = ()
    """Host ports of the pod."""


class LeaseStore:
    """The leases of one host. Every call is a few system calls long; not thread-safe."""

    def __init__(self, folder: Path, pods: IPv4Network) -> None:
        self._folder = folder
        self._pods = pods
        folder.mkdir(parents=True, exist_ok=True)
        self._by_uid = {lease.uid: lease for lease in read(folder)}
        taken = {lease.address for lease in self._by_uid.values()}
        given_back = [address for address in self._read_given_back() if address not in taken]
        self._given_back = deque(given_back)
        self._never_used = _never_used(pods, taken | set(given_back))

    def all(self) -> list[Lease]:
        """Return every lease, by address."""
        return sorted(self._by_uid.values(), key=lambda lease: lease.address)

    def of(self, uid: str) -> Lease | None:
        """Return the lease of a pod, if it holds one."""
        return self._by_uid.get(uid)

    def acquire(self, pod: Pod) -> Lease:
        """Return the pod's lease, a new one when it holds none.

        Raises:
            NoFreeAddressError: the range is exhausted.
        """
        held = self._by_uid.get(pod.uid)
        if held:
            return held
        ports = tuple(PodPort(p.container_port, p.host_port, p.protocol, p.host_ip) for p in pod.ports if p.host_port)
        while address := self._next_address():
            lease = Lease(address, pod.uid, pod.namespace, pod.name, ports)
            if self._write(lease):
                self._by_uid[pod.uid] = lease
                return lease
        raise NoFreeAddressError(
            f"no free address in {self._pods}: all {len(self._by_uid)} are held by pods of this host; "
            "delete pods or give the node a larger podCIDR"
        )

    def release(self, uid: str) -> Lease | None:
        """Give the pod's address back; return the lease that ended, None when there was none."""
        lease = self._by_uid.pop(uid, None)
        if lease is None:
            return None
        path = self._path(lease.address, "json")
        try:
            path.rename(self._path(lease.address, "free"))
            now = time.time_ns()  # the kernel's own time of change is too coarse to keep the order
            os.utime(self._path(lease.address, "free"), ns=(now, now))
        except FileNotFoundError:
            _log.warning("the lease file %s was removed by somebody else", path)
        if lease.address in self._pods:
            self._given_back.append(lease.address)
        return lease

    def _next_address(self) -> IPv4Address | None:
        """Return an address that nobody used yet, else the one that was given back longest ago."""
        address = next(self._never_used, None)
        if address is None and self._given_back:
            address = self._given_back.popleft()
        return address

    def _write(self, lease: Lease) -> bool:
        """Write a lease; return False when another process holds the address."""
        path = self._path(lease.address, "json")
        draft = self._folder / f".{lease.address}.{os.getpid()}"
        draft.write_text(json.dumps(asdict(lease) | {"address": str(lease.address)}))
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        self._path(lease.address, "free").unlink(missing_ok=True)
        return True

    def _path(self, address: IPv4Address, suffix: str) -> Path:
        return self._folder / f"{address}.{suffix}"

    def _read_given_back(self) -> list[IPv4Address]:
        found = []
        for path in self._folder.glob("*.free"):
            try:
                address = IPv4Address(path.stem)
            except ValueError:
                continue
            if address in self._pods:
                found.append((path.stat().st_mtime_ns, address))
        return [address for _, address in sorted(found)]


def read(folder: Path) -> list[Lease]:
    """Return the leases in a folder; unreadable ones are removed."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(parse(path.read_text()))
        except (ValueError, KeyError, TypeError) as error:
            _log.warning("dropping the unreadable lease %s: %s", path, error)
            path.unlink()
    return found


def parse(content: str) -> Lease:
    """Return the lease that a file holds.

    Raises:
        ValueError, KeyError, TypeError: the content is not a lease.
    """
    data = json.loads(content)
    ports = tuple(PodPort(**port) for port in data["ports"])
    return Lease(IPv4Address(data["address"]), data["uid"], data["namespace"], data["name"], ports)


def gateway_of(pods: IPv4Network) -> IPv4Address:
    """Return the host's own address in the range of its pods: the first one."""
    return pods[1]


def _never_used(pods: IPv4Network, known: set[IPv4Address]) -> Iterator[IPv4Address]:
    reserved = {pods.network_address, gateway_of(pods), pods.broadcast_address}
    return (address for address in pods if address not in known and address not in reserved)
