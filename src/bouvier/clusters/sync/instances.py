"""Keeping Pod objects as the orchestrator's instances are."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from bouvier.clusters.driver import Driver, Host, Instance
from bouvier.clusters.sync import pods
from bouvier.clusters.sync.podlevel import CAPABILITY, is_own_workload
from bouvier.clusters.sync.view import View
from bouvier.clusters.sync.writes import Writer, in_turns, races_forgiven
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of
from bouvier.meta.resources import NODES, PODS
from bouvier.util.clock import now_text


class InstanceSync:
    """One cluster's Pods."""

    def __init__(self, driver: Driver, view: View, writer: Writer) -> None:
        self._driver = driver
        self._with_pods = CAPABILITY in driver.capabilities
        self._view = view
        self._writer = writer
        self._stopping: dict[str, asyncio.Task[None]] = {}

    async def sync(self, owned: Sequence[tuple[Obj, Obj, Instance]], hosts: Mapping[str, Host]) -> None:
        """Bring Pods and instances together; `owned` gives owner and template of each instance."""
        seen = {f"{namespace_of(owner)}/{pods.pod_name(owner, i)}": (owner, t, i) for owner, t, i in owned if i.wanted}
        await in_turns([self._show(key, *whose, hosts.get(whose[2].host)) for key, whose in seen.items()])
        for pod in self._view.items(PODS):
            if key_of(pod) not in seen and not (self._with_pods and is_own_workload(pod)):
                await self._end(pod)

    async def _show(self, key: str, owner: Obj, template: Obj, instance: Instance, host: Host | None) -> None:
        pod = self._view.get(PODS, key)
        if pod is None:
            pod = await self._writer.create(PODS, pods.pod_object(owner, template, instance, host))
        if pod is not None:
            await self._meet(pod, instance, host)

    async def _meet(self, pod: Obj, instance: Instance, host: Host | None) -> None:
        if host is not None and not pod["spec"].get("nodeName"):
            target = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": name_of(pod)}}
            body = target | {"target": {"kind": "Node", "name": host.name}}
            with races_forgiven():
                await self._writer.client.create(
                    PODS, body, namespace=namespace_of(pod), name=name_of(pod), subresource="binding"
                )
            return
        if is_deleting(pod):
            await self._stop(pod, instance, host)
            return
        await self._writer.status(PODS, pod, pods.status(pod, instance, host, now_text()))

    async def _stop(self, pod: Obj, instance: Instance, host: Host | None) -> None:
        """End an instance whose pod was deleted; on a host that is held out of scheduling, drain it."""
        node = self._view.get(NODES, host.name) if host else None
        if host is not None and node is not None and node["spec"].get("unschedulable"):
            if host.availability != "drain":
                await self._driver.hold(host, "drain")
        elif instance.phase == "running":
            if instance.id not in self._stopping:
                task = asyncio.get_running_loop().create_task(
                    self._driver.stop_instance(instance), name="stop instance"
                )
                self._stopping[instance.id] = task
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
        else:
            await self._writer.delete(PODS, pod, at_once=True)

    async def _end(self, pod: Obj) -> None:
        """Remove the pod of an instance that is gone; a pod that never had one says why it will not run."""
        identifier = pods.instance_id(pod)
        if identifier or is_deleting(pod):
            self._stopping.pop(identifier, None)
            await self._writer.delete(PODS, pod, at_once=True)
            return
        text = "bare pods are not run by this cluster's orchestrator: create a Deployment"
        conditions = [{"type": "PodScheduled", "status": "False", "reason": "NotExpressible", "message": text,
                       "lastProbeTime": None, "lastTransitionTime": now_text()}]  # fmt: skip
        await self._writer.status(PODS, pod, {"phase": "Pending", "conditions": conditions})
