"""All hosts and the pods on them, as arrays with a row a host.

Rows of removed hosts are used again; arrays are longer than there are hosts (`present` says which rows count). Pods
change single rows and are noted in a log, so that an evaluation catches up instead of starting over; anything about
hosts themselves starts a new `epoch`.

Pods decided upon but not yet seen bound (`assume`) count like bound ones.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bouvier.meta.objects import Obj, is_deleting, key_of, labels_of, name_of, uid_of
from bouvier.scheduler.counts import PodCounts
from bouvier.scheduler.labels import LabelColumns, Mask
from bouvier.scheduler.requests import amounts
from bouvier.scheduler.shape import HostPort, Shape, ShapeCache, image_name
from bouvier.scheduler.terms import Taint, taint
from bouvier.scheduler.volumes import VolumeView

BASIC_RESOURCES = ("cpu", "memory", "ephemeral-storage", "pods")
FIRST_CAPACITY = 16
LOG_LENGTH = 4096
"""Changed rows remembered: an evaluation further behind starts over, which costs about as much as so many updates."""

Amount = npt.NDArray[np.int64]
Number = TypeVar("Number", bound=np.generic)


@dataclass(slots=True)
class PlacedPod:
    """A pod on a host."""

    uid: str
    key: str
    shape: Shape
    host: str
    deleting: bool
    assumed: bool = False


class Snapshot:
    """Hosts and pods. One writer; readers between its writes."""

    def __init__(self) -> None:
        self.capacity = FIRST_CAPACITY
        self.epoch = 0
        """Changes whenever hosts or namespaces change."""
        self.names: list[str] = [""] * self.capacity
        self.row_of: dict[str, int] = {}
        self.present: Mask = np.zeros(self.capacity, np.bool_)
        self.unschedulable: Mask = np.zeros(self.capacity, np.bool_)
        self.labels = LabelColumns(self.capacity)
        self.taints: list[tuple[Taint, ...]] = [()] * self.capacity
        self.tainted: dict[Taint, set[int]] = {}
        """Rows by taint."""
        self.images: dict[str, dict[int, int]] = {}
        """Sizes in bytes by row, for every image that some host has."""
        self.used_ports: dict[tuple[str, int], dict[int, Counter[str]]] = {}
        """Addresses in use by row, for every protocol and port."""
        self.usage: Amount = np.zeros((2, self.capacity), np.int64)
        """Millicores and bytes that pods are taken to use, for comparing hosts."""
        self.pods: dict[str, PlacedPod] = {}
        self.priorities: Counter[int] = Counter()
        self.counts = PodCounts(self.capacity)
        self.shapes = ShapeCache()
        self.volumes = VolumeView()
        self.claim_uses: Counter[str] = Counter()
        """How many pods with a host use each claim."""
        self._allocatable: dict[str, Amount] = {}
        self._requested: dict[str, Amount] = {}
        self._row_images: dict[int, dict[str, int]] = {}
        self._waiting: dict[str, dict[str, PlacedPod]] = {}
        """Pods on hosts that are not known (yet)."""
        self._on_host: dict[str, dict[str, PlacedPod]] = {}
        self._free: list[int] = list(reversed(range(self.capacity)))
        self._log: list[int] = []
        self._log_start = 0
        for name in BASIC_RESOURCES:
            self._column(self._allocatable, name)

    # Reading

    def allocatable(self, resource: str) -> Amount:
        """Return how much of a resource each host offers to pods."""
        return self._column(self._allocatable, resource)

    def requested(self, resource: str) -> Amount:
        """Return how much of a resource the pods of each host ask for."""
        return self._column(self._requested, resource)

    @property
    def position(self) -> int:
        """Return the end of the log of changed rows."""
        return self._log_start + len(self._log)

    def changed_since(self, position: int) -> set[int] | None:
        """Return the rows changed since a position, None when that is too long ago."""
        if position < self._log_start:
            return None
        return set(self._log[position - self._log_start :])

    def pods_on(self, host: str) -> list[PlacedPod]:
        """Return the pods of a host."""
        return list(self._on_host.get(host, {}).values())

    # Hosts

    def set_node(self, node: Obj) -> bool:
        """Take in a new or changed host; tell whether anything that matters for placement has changed."""
        name = name_of(node)
        row = self.row_of.get(name)
        is_new = row is None
        if row is None:
            row = self._add_row(name)
        before = self._state(row)
        self._write(row, node)
        has_images_changed = self._write_images(row, node)
        has_changed = is_new or before != self._state(row)
        if has_changed or has_images_changed:
            self.epoch += 1
        return has_changed

    def remove_node(self, name: str) -> None:
        """Forget a host; its pods wait for it to come back or for their own end."""
        row = self.row_of.get(name)
        if row is None:
            return
        for pod in self.pods_on(name):
            self._take_off(pod, row)
            self._waiting.setdefault(name, {})[pod.uid] = pod
        self._write(row, {"metadata": {}})
        self._write_images(row, {})
        del self.row_of[name]
        self.names[row] = ""
        self.present[row] = False
        self._free.append(row)
        self.epoch += 1

    def set_namespace(self, name: str, labels: dict[str, str] | None) -> bool:
        """Take in a namespace's labels (None removes it); tell whether they changed."""
        if not self.counts.set_namespace(name, labels):
            return False
        self.epoch += 1
        return True

    # Pods

    def set_pod(self, pod: Obj) -> bool:
        """Take in a pod that has a host; tell whether it was not there before."""
        return self._put(self._placed(pod, pod["spec"]["nodeName"]))

    def assume(self, pod: Obj, shape: Shape, host: str) -> None:
        """Count a pod on the host that it is about to be bound to."""
        self._put(PlacedPod(uid_of(pod), key_of(pod), shape, host, deleting=False, assumed=True))

    def put_back(self, pod: PlacedPod) -> None:
        """Count a pod as it was before `remove_pod`."""
        self._put(pod)

    def reserve(self, uid: str, pod: Obj, shape: Shape, host: str) -> None:
        """Hold room on a host for a pod that waits until others have left it."""
        self._put(PlacedPod(uid, key_of(pod), shape, host, deleting=False, assumed=True))

    def is_assumed(self, uid: str) -> bool:
        """Tell whether a pod is counted although it was not seen bound yet."""
        pod = self.pods.get(uid)
        return pod is not None and pod.assumed

    def remove_pod(self, uid: str) -> bool:
        """Forget a pod; tell whether it was there."""
        pod = self.pods.pop(uid, None)
        if pod is None:
            return False
        self._waiting.get(pod.host, {}).pop(uid, None)
        row = self.row_of.get(pod.host)
        if row is not None:
            self._take_off(pod, row)
        return True

    def _placed(self, pod: Obj, host: str) -> PlacedPod:
        return PlacedPod(uid_of(pod), key_of(pod), self.shapes.shape_of(pod), host, is_deleting(pod))

    def _put(self, pod: PlacedPod) -> bool:
        old = self.pods.get(pod.uid)
        if old is not None:
            if (old.host, old.deleting) == (pod.host, pod.deleting) and old.shape is pod.shape:
                old.assumed = pod.assumed
                return False
            self.remove_pod(pod.uid)
        self.pods[pod.uid] = pod
        row = self.row_of.get(pod.host)
        if row is None:
            self._waiting.setdefault(pod.host, {})[pod.uid] = pod
        else:
            self._put_on(pod, row)
        return old is None

    def _put_on(self, pod: PlacedPod, row: int) -> None:
        self._on_host.setdefault(pod.host, {})[pod.uid] = pod
        self._weigh(pod.shape, row, 1)
        for port in pod.shape.ports:
            users = self.used_ports.setdefault((port.protocol, port.port), {})
            users.setdefault(row, Counter())[port.address] += 1
        if pod.shape.claims:
            self.claim_uses.update(pod.shape.claims)
        self.counts.add(pod.shape, row, 1, deleting=pod.deleting)
        self.priorities[pod.shape.priority] += 1
        self._note(row)

    def _take_off(self, pod: PlacedPod, row: int) -> None:
        del self._on_host[pod.host][pod.uid]
        self._weigh(pod.shape, row, -1)
        for port in pod.shape.ports:
            self._free_port(port, row)
        if pod.shape.claims:
            self.claim_uses.subtract(pod.shape.claims)
        self.counts.add(pod.shape, row, -1, deleting=pod.deleting)
        self.priorities[pod.shape.priority] -= 1
        self._note(row)

    def _weigh(self, shape: Shape, row: int, sign: int) -> None:
        for name, amount in shape.requests.items():
            self._column(self._requested, name)[row] += sign * amount
        self.usage[0, row] += sign * shape.usage[0]
        self.usage[1, row] += sign * shape.usage[1]

    def _free_port(self, port: HostPort, row: int) -> None:
        users = self.used_ports[port.protocol, port.port]
        addresses = users[row]
        addresses[port.address] -= 1
        if not addresses[port.address]:
            del addresses[port.address]
        if not addresses:
            del users[row]
        if not users:
            del self.used_ports[port.protocol, port.port]

    def _note(self, row: int) -> None:
        self._log.append(row)
        if len(self._log) > 2 * LOG_LENGTH:
            del self._log[:LOG_LENGTH]
            self._log_start += LOG_LENGTH

    # Rows

    def _add_row(self, name: str) -> int:
        if not self._free:
            self._grow()
        row = self._free.pop()
        self.row_of[name] = row
        self.names[row] = name
        self.present[row] = True
        for pod in self._waiting.pop(name, {}).values():
            self._put_on(pod, row)
        return row

    def _grow(self) -> None:
        old, new = self.capacity, self.capacity * 2
        self.capacity = new
        self.names += [""] * (new - old)
        self.taints += [()] * (new - old)
        self.present = _longer(self.present, new)
        self.unschedulable = _longer(self.unschedulable, new)
        self.usage = np.pad(self.usage, ((0, 0), (0, new - old)))
        for columns in (self._allocatable, self._requested):
            for name, column in columns.items():
                columns[name] = _longer(column, new)
        self.labels.grow(new)
        self.counts.grow(new)
        self._free += reversed(range(old, new))
        self.epoch += 1

    def _write(self, row: int, node: Obj) -> None:
        spec, status = node.get("spec") or {}, node.get("status") or {}
        self.unschedulable[row] = bool(spec.get("unschedulable"))
        self._write_taints(row, tuple(taint(entry) for entry in spec.get("taints") or ()))
        self.labels.set(row, labels_of(node))
        offered = amounts(status.get("allocatable"))
        for name in offered:
            self._column(self._allocatable, name)
        for name, column in self._allocatable.items():
            column[row] = offered.get(name, 0)

    def _write_taints(self, row: int, found: tuple[Taint, ...]) -> None:
        for old in self.taints[row]:
            rows = self.tainted.get(old, set())
            rows.discard(row)
            if not rows:
                self.tainted.pop(old, None)
        for new in found:
            self.tainted.setdefault(new, set()).add(row)
        self.taints[row] = found

    def _write_images(self, row: int, node: Obj) -> bool:
        entries = (node.get("status") or {}).get("images") or ()
        found = {
            image_name(name): int(entry.get("sizeBytes") or 0) for entry in entries for name in entry.get("names") or ()
        }
        known = self._row_images.get(row, {})
        if found == known:
            return False
        for name in known:
            self.images[name].pop(row, None)
            if not self.images[name]:
                del self.images[name]
        for name, size_bytes in found.items():
            self.images.setdefault(name, {})[row] = size_bytes
        self._row_images[row] = found
        return True

    def _state(self, row: int) -> tuple[object, ...]:
        offered = tuple((name, int(column[row])) for name, column in self._allocatable.items() if column[row])
        return bool(self.unschedulable[row]), self.taints[row], self.labels.of(row), offered

    def _column(self, columns: dict[str, Amount], name: str) -> Amount:
        column = columns.get(name)
        if column is None:
            column = columns[name] = np.zeros(self.capacity, np.int64)
        return column


def _longer(array: npt.NDArray[Number], length: int) -> npt.NDArray[Number]:
    return np.concatenate([array, np.zeros(length - len(array), array.dtype)])
