"""Gives every host its own range of pod addresses (`spec.podCIDR`), never one that another Node object holds.

One worker, and a memory of what was just given away, keep two hosts from getting the same range while the cache lags.
"""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.nodes.addresses_plan import RangeExhausted, free_range, parse_ranges, ranges_of
from bouvier.controllers.runtime.errors import Temporary
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, uid_of
from bouvier.meta.resources import NODES

POD_RANGES = ("10.42.0.0/16",)
"""256 hosts with 254 pods each; free of Docker's (172.17/16 and up) and most houses' (192.168/16) own ranges."""
HOST_PREFIXES = {4: 24, 6: 64}
"""Size of a host's part, by IP version."""


class NodeAddressController:
    """Writes `spec.podCIDR` and `spec.podCIDRs` of Nodes that have none."""

    name = "node-address"
    workers = 1
    reads = (NODES,)
    writes = (NODES,)

    def __init__(
        self,
        client: Client,
        recorder: Recorder,
        pod_ranges: Sequence[str] = POD_RANGES,
        host_prefixes: dict[int, int] | None = None,
    ) -> None:
        """Share out `pod_ranges`; ValueError if one of them is not a range."""
        self._client = client
        self._recorder = recorder
        self._ranges = parse_ranges(pod_ranges)
        self._prefixes = HOST_PREFIXES | (host_prefixes or {})
        self._given: dict[str, list[str]] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch Nodes."""
        self._queue = queue
        self._nodes: Informer = informers.informer(NODES)
        self._nodes.add_handler(self._node_changed)

    async def reconcile(self, key: str) -> None:
        """Give the Node its ranges if it has none."""
        node = self._nodes.get(key)
        if node is None or ranges_of(node):
            return
        try:
            parts = self._given.get(uid_of(node)) or self._choose()
        except RangeExhausted as error:
            self._recorder.event(node, "Warning", "CIDRNotAvailable", str(error))
            raise Temporary(str(error)) from error
        self._given[uid_of(node)] = parts
        body = {"metadata": {"uid": uid_of(node)}, "spec": {"podCIDR": parts[0], "podCIDRs": parts}}
        try:
            await self._client.patch(NODES, key, body)
        except ApiError:
            del self._given[uid_of(node)]
            raise

    def _choose(self) -> list[str]:
        taken = [part for each in self._nodes.items() for part in ranges_of(each)]
        taken += [part for parts in self._given.values() for part in parts]
        return [free_range(each, self._prefixes[each.version], taken) for each in self._ranges]

    def _node_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type == "DELETED" or ranges_of(new):
            self._given.pop(uid_of(new), None)
        if event_type == "DELETED":
            for node in self._nodes.items():
                if not ranges_of(node):
                    self._queue.add(name_of(node))
        elif not ranges_of(new):
            self._queue.add(name_of(new))
