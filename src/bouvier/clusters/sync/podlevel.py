"""Pods that are workloads of their own: bare ones, and those of Jobs and StatefulSets.

Here Kubernetes decides: our controllers make the pods, our scheduler chooses the host, and the orchestrator runs one
native workload for each pod. So what it has no word for (completions, ordinals, affinities) is had all the same.
A pod's native workload is made once it is bound, changed only in its image and for new names of Services (which starts
its container anew), and removed when its container has ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from bouvier.clusters.driver import INSTANCE, LOSS_REPORT, Driver, Host, Instance, Observed, Translation, Workload
from bouvier.clusters.driver import pod_workload as workload_of
from bouvier.clusters.sync import pods
from bouvier.clusters.sync.decide import refusal_of
from bouvier.clusters.sync.view import View
from bouvier.clusters.sync.writes import Writer
from bouvier.engine.errors import Conflict, EngineError, NotFound
from bouvier.meta.objects import Obj, annotations_of, is_deleting, key_of, namespace_of, uid_of
from bouvier.meta.resources import PODS
from bouvier.util.clock import now_text

CAPABILITY = "pods"
_ENDED = ("Succeeded", "Failed")
_ALIVE = ("pending", "creating", "running")


def is_own_workload(pod: Obj) -> bool:
    """Tell whether a pod decides upon itself and does not merely show an instance of something else."""
    return INSTANCE not in annotations_of(pod)


class PodSync:
    """One cluster's pods with native workloads of their own."""

    def __init__(self, driver: Driver, view: View, writer: Writer, *, strict: bool) -> None:
        self._driver = driver
        self._view = view
        self._writer = writer
        self._strict = strict

    def workloads(self, hosts: Iterable[Host]) -> list[Obj]:
        """Return the pods as workloads, for what follows from labels (names, node ports)."""
        ids = {host.name: host.id for host in hosts}
        return [workload_of(pod, ids.get(_host(pod), "")) for pod in self._own()]

    def _own(self) -> list[Obj]:
        return [pod for pod in self._view.items(PODS) if is_own_workload(pod)]

    async def sync(self, observed: Observed) -> tuple[dict[str, Instance], dict[str, Translation]]:
        """Bring pods and native workloads together; return instances by the pods' keys, and what is wanted by uid."""
        hosts = {host.name: host for host in observed.hosts}
        live = {w.uid: w for w in observed.workloads if w.kind == "Pod" and w.uid}
        running = {instance.workload: instance for instance in observed.instances}
        found: dict[str, Instance] = {}
        wanted: dict[str, Translation] = {}
        for pod in self._own():
            workload = live.pop(uid_of(pod), None)
            instance = running.get(workload.id) if workload else None
            if instance is not None:
                found[key_of(pod)] = instance
            if is_deleting(pod):
                await self._end(pod, workload, instance)
            elif _host(pod) in hosts:
                wanted[uid_of(pod)] = await self._keep(pod, workload, instance, hosts)
        for left in live.values():
            await self._driver.remove(left)
        return found, wanted

    async def _keep(
        self, pod: Obj, live: Workload | None, instance: Instance | None, hosts: Mapping[str, Host]
    ) -> Translation:
        host = hosts[_host(pod)]
        workload = workload_of(pod, host.id)
        related = self._view.related(namespace_of(pod))
        wanted = self._driver.translate(workload, related)
        refusal = refusal_of(wanted, strict=self._strict)
        if refusal:
            await self._refuse(pod, refusal)
            return wanted
        report = json.dumps([loss._asdict() for loss in wanted.losses]) if wanted.losses else None
        await self._writer.annotate(PODS, pod, {LOSS_REPORT: report})
        if (pod.get("status") or {}).get("phase") not in _ENDED and not _is_same(live, wanted):
            try:
                await self._driver.put(workload, wanted.fields, related, live)
            except (Conflict, NotFound):
                raise  # not any more as it was seen: the next round
            except EngineError as error:
                await self._refuse(pod, f"the orchestrator refuses it: {error}")
                return wanted
        if instance is not None:
            await self._writer.status(PODS, pod, pods.status(pod, instance, host, now_text()))
        return wanted

    async def _refuse(self, pod: Obj, text: str) -> None:
        if (pod.get("status") or {}).get("phase") in _ENDED:
            return
        placed = {"type": "PodScheduled", "status": "True", "lastProbeTime": None, "lastTransitionTime": now_text()}
        ready = {**placed, "type": "Ready", "status": "False", "reason": "NotExpressible", "message": text}
        status = {"phase": "Pending", "reason": "NotExpressible", "message": text, "conditions": [placed, ready]}
        await self._writer.status(PODS, pod, status)

    async def _end(self, pod: Obj, live: Workload | None, instance: Instance | None) -> None:
        """End the container by its own signal and time, then forget the native workload and the pod."""
        if live is None:
            await self._writer.delete(PODS, pod, at_once=True)
        elif instance is None or instance.phase not in _ALIVE:
            await self._driver.remove(live)
        elif live.fields.get("replicas"):
            workload = workload_of(pod, instance.host)
            await self._driver.put(
                workload, {**live.fields, "replicas": 0}, self._view.related(namespace_of(pod)), live
            )


def _host(pod: Obj) -> str:
    return str(pod["spec"].get("nodeName") or "")


def _is_same(live: Workload | None, wanted: Translation) -> bool:
    """Tell whether nothing is to be done: of a pod that runs only the image and its names may change."""
    if live is None or any(live.fields.get(name) != wanted.fields.get(name) for name in ("image", "replicas")):
        return False
    known = {network: set(aliases) for network, aliases in live.fields.get("networks") or ()}
    return all(set(aliases) <= known.get(name, set()) for name, aliases in wanted.fields.get("networks") or ())
