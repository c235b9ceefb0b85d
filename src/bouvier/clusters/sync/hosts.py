"""Keeping Node objects as the orchestrator's hosts are."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.clusters.driver import APPLIED, INSTANCE, Driver, Host
from bouvier.clusters.sync import nodes
from bouvier.clusters.sync.view import View
from bouvier.clusters.sync.writes import Writer
from bouvier.meta.objects import Obj, annotations_of, labels_of, name_of
from bouvier.meta.resources import NODES
from bouvier.util.clock import now_text


class HostSync:
    """One cluster's Nodes."""

    def __init__(self, driver: Driver, view: View, writer: Writer) -> None:
        self._driver = driver
        self._view = view
        self._writer = writer

    async def sync(self, hosts: Sequence[Host]) -> None:
        """Bring Nodes and hosts together."""
        left = {name_of(node): node for node in self._view.items(NODES)}
        for host in hosts:
            node = left.pop(host.name, None)
            if node is None:
                await self._writer.create(NODES, nodes.node_object(host))
            else:
                await self._meet(host, node)
        for node in left.values():
            if INSTANCE in annotations_of(node):
                await self._writer.delete(NODES, node)

    async def _meet(self, host: Host, node: Obj) -> None:
        verb, availability = nodes.availability(node, host)
        if verb == "hold" and not await self._driver.hold(host, availability):
            availability = host.availability  # tried again at the next look
        spec = dict(node["spec"])
        if verb == "take":
            spec["unschedulable"] = availability != "active"
        labels = {**labels_of(node), **nodes.labels(host)}
        marks = {**annotations_of(node), INSTANCE: host.id, APPLIED: availability}
        metadata = {**node["metadata"], "labels": labels, "annotations": marks}
        if metadata != node["metadata"] or spec != node["spec"]:
            await self._writer.update(NODES, {**node, "metadata": metadata, "spec": spec})
        await self._writer.status(NODES, node, nodes.status(host, node, now_text()))
