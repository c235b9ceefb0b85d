"""Native workloads that we did not make: shown as read-only objects, taken over when a user labels one so."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.clusters.driver import ADOPT, ADOPTED, FOREIGN, Driver, Workload
from bouvier.clusters.sync.view import View
from bouvier.clusters.sync.writes import Writer
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, annotations_of, labels_of, name_of, namespace_of
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS

RESOURCES: dict[str, Resource] = {"Deployment": DEPLOYMENTS, "DaemonSet": DAEMONSETS}


class ForeignSync:
    """One cluster's foreign workloads."""

    def __init__(self, driver: Driver, view: View, writer: Writer) -> None:
        self._driver = driver
        self._view = view
        self._writer = writer

    async def sync(self, workloads: Sequence[Workload]) -> None:
        """Show what is there, take over what was asked for, forget what is gone."""
        objects = list(self._view.workloads())
        taken = {annotations_of(obj).get(ADOPTED, "") for obj in objects}
        shown = {annotations_of(obj)[FOREIGN]: obj for obj in objects if FOREIGN in annotations_of(obj)}
        for workload in workloads:
            if workload.uid or workload.id in taken:
                continue
            obj = shown.pop(workload.id, None)
            if obj is None:
                await self._show(workload)
            else:
                await self._meet(obj, workload)
        for obj in shown.values():
            await self._writer.delete(RESOURCES[obj["kind"]], obj)

    async def _show(self, workload: Workload) -> None:
        obj = self._driver.foreign_object(workload)
        resource = RESOURCES[workload.kind]
        key = f"{namespace_of(obj)}/{name_of(obj)}"
        if self._view.get(resource, key) is not None:
            obj["metadata"]["name"] = f"{name_of(obj)}-{workload.id[:5].lower()}"
        await self._writer.create(resource, obj)

    async def _meet(self, obj: Obj, workload: Workload) -> None:
        resource = RESOURCES[obj["kind"]]
        if labels_of(obj).get(ADOPT) == "true" and workload.adoptable:
            marks = {name: value for name, value in annotations_of(obj).items() if name != FOREIGN}
            marks[ADOPTED] = workload.id
            await self._writer.update(resource, {**obj, "metadata": {**obj["metadata"], "annotations": marks}})
            return
        wanted = self._driver.translate(obj, self._view.related(namespace_of(obj))).fields
        managed = self._driver.adopted_fields
        if any(
            wanted.get(name) != workload.fields.get(name)
            for name in managed
            if name in workload.fields or name in wanted
        ):
            spec = self._driver.adopted_changes(obj, workload.fields, wanted)
            await self._writer.update(resource, {**obj, "spec": spec})
