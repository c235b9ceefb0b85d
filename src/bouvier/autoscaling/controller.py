"""The HorizontalPodAutoscaler controller: looks at every autoscaler each 15 seconds and sets its target's scale.

What it remembers of earlier looks (for windows and policies) is kept in memory, as in the original; a restart forgets it,
which at worst scales down later.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from bouvier.autoscaling.behavior import Memory
from bouvier.autoscaling.decision import Decision, Usage, View, decide
from bouvier.client.events import Recorder
from bouvier.client.informer import InformerSet
from bouvier.client.rest import MERGE, Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime import caches
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource, split_api_version
from bouvier.meta.objects import Obj, key_of, labels_of, name_of, namespace_of, uid_of
from bouvier.meta.quantities import millis
from bouvier.meta.resources import DEPLOYMENTS, PODS, REPLICASETS, REPLICATIONCONTROLLERS, STATEFULSETS
from bouvier.meta.selectors import parse_label_selector
from bouvier.util.clock import now_text

AUTOSCALERS = Resource("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
LOOK_SECONDS = 15.0
"""The original's sync period."""
SCALABLE = {
    (resource.group, resource.kind): resource
    for resource in (DEPLOYMENTS, REPLICASETS, REPLICATIONCONTROLLERS, STATEFULSETS)
}


class AutoscalerController:
    """Keeps the size of workloads to what their use asks for."""

    name = "horizontal-pod-autoscaler"
    workers = 2
    reads = (AUTOSCALERS, PODS, METRICS)
    writes = (AUTOSCALERS,)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._memories: dict[str, Memory] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch autoscalers; pods are read from the shared cache."""
        self._autoscalers = informers.informer(AUTOSCALERS)
        self._pods = caches.pods(informers)
        self._autoscalers.add_handler(lambda _type, _old, new: queue.add(key_of(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Look at one autoscaler."""
        autoscaler = self._autoscalers.get(key)
        if autoscaler is None:
            return None
        reference = autoscaler["spec"]["scaleTargetRef"]
        path = self._scale_path(autoscaler, reference)
        if path is None:
            text = f"{reference.get('kind')} in {reference.get('apiVersion')} has no size that can be set"
            await self._report(autoscaler, None, [("AbleToScale", "False", "FailedGetScale", text)], [], 0)
            return Again(LOOK_SECONDS)
        try:
            scale = await self._client.request("GET", path)
        except ApiError as error:
            why = ("AbleToScale", "False", "FailedGetScale", f"the target's size cannot be read: {error.message}")
            await self._report(autoscaler, None, [why], [], 0)
            return Again(LOOK_SECONDS)
        await self._look(autoscaler, scale, path)
        return Again(LOOK_SECONDS)

    def _scale_path(self, autoscaler: Obj, reference: Obj) -> str | None:
        group, _ = split_api_version(reference.get("apiVersion") or "apps/v1")
        resource = SCALABLE.get((group, reference.get("kind", "")))
        return resource.path(namespace_of(autoscaler), reference["name"], "scale") if resource else None

    async def _look(self, autoscaler: Obj, scale: Obj, path: str) -> None:
        uid, current = uid_of(autoscaler), scale["spec"].get("replicas", 0)
        selector = parse_label_selector(scale["status"].get("selector") or "")
        pods = [pod for pod in self._pods.items(namespace_of(autoscaler)) if selector.matches(labels_of(pod))]
        usage = await self._usage(namespace_of(autoscaler), str(selector))
        view = View(autoscaler["spec"], current, pods, usage, datetime.now(UTC), time.monotonic())
        decision = decide(view, self._memories.get(uid, Memory()))
        self._memories[uid] = decision.memory
        rescaled = decision.replicas != current
        if rescaled:
            await self._rescale(autoscaler, path, current, decision)
        await self._report(
            autoscaler, current, decision.conditions, decision.metrics, decision.replicas, rescaled=rescaled
        )

    async def _usage(self, namespace: str, selector: str) -> dict[str, Usage]:
        """Return thousandths of processor and memory by container; nothing where no metrics are served."""
        try:
            listed = await self._client.list(METRICS, namespace, label_selector=selector)
        except ApiError:
            return {}
        found: dict[str, dict[tuple[str, str], int]] = {"cpu": {}, "memory": {}}
        for metrics in listed.items:
            for container in metrics.get("containers") or ():
                for resource, amounts in found.items():
                    amounts[name_of(metrics), container["name"]] = millis(container["usage"][resource])
        return dict(found)

    async def _rescale(self, autoscaler: Obj, path: str, current: int, decision: Decision) -> None:
        body = {"spec": {"replicas": decision.replicas}}
        try:
            await self._client.request("PATCH", path, body=body, content_type=MERGE)
        except ApiError as error:
            self._recorder.event(
                autoscaler, "Warning", "FailedRescale", f"New size: {decision.replicas}; {error.message}"
            )
            raise
        memory = decision.memory.with_change(time.monotonic(), decision.replicas - current)
        self._memories[uid_of(autoscaler)] = memory
        why = f"New size: {decision.replicas}; reason: {decision.why}"
        self._recorder.event(autoscaler, "Normal", "SuccessfulRescale", why)

    async def _report(
        self,
        autoscaler: Obj,
        current: int | None,
        conditions: list[tuple[str, str, str, str]],
        metrics: list[Obj],
        desired: int,
        *,
        rescaled: bool = False,
    ) -> None:
        before = autoscaler.get("status") or {}
        status: Obj = {
            "observedGeneration": autoscaler["metadata"].get("generation", 1),
            "currentReplicas": before.get("currentReplicas", 0) if current is None else current,
            "desiredReplicas": desired,
            "conditions": [_condition(before, *condition) for condition in conditions],
            "currentMetrics": metrics or None,
        }
        if rescaled:
            status["lastScaleTime"] = now_text()
        if all(before.get(field) == value for field, value in status.items()):
            return
        await self._client.patch(
            AUTOSCALERS,
            name_of(autoscaler),
            {"metadata": {"uid": uid_of(autoscaler)}, "status": status},
            namespace=namespace_of(autoscaler),
            subresource="status",
        )


def _condition(before: Obj, kind: str, status: str, reason: str, message: str) -> Obj:
    """Return a condition that keeps its time while its status stays."""
    old: Obj = next((c for c in before.get("conditions") or () if c["type"] == kind), {})
    since = old.get("lastTransitionTime") if old.get("status") == status else now_text()
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}
