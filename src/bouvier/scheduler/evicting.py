"""Carrying a preemption out: the pod is told its host, the victims are told why and leave with their usual grace."""

from __future__ import annotations

from bouvier.client.events import Recorder
from bouvier.client.rest import STRATEGIC, Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import PODS
from bouvier.scheduler.preemption import Preemption, name_of_victim
from bouvier.scheduler.snapshot import PlacedPod
from bouvier.util.clock import now_text


async def carry_out(client: Client, recorder: Recorder, name: str, pod: Obj, preemption: Preemption) -> None:
    """Nominate the host and have the victims leave.

    Raises:
        ApiError: somebody could not be told; victims before it have left.
        ConnectionError: the API does not answer.
    """
    body = {"metadata": {"uid": uid_of(pod)}, "status": {"nominatedNodeName": preemption.host}}
    await client.patch(PODS, name_of(pod), body, namespace=namespace_of(pod), kind=STRATEGIC, subresource="status")
    for victim in preemption.victims:
        await _evict(client, recorder, name, pod, victim)


async def _evict(client: Client, recorder: Recorder, name: str, pod: Obj, victim: PlacedPod) -> None:
    namespace, victim_name = name_of_victim(victim)
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": "PreemptionByScheduler",
        "message": f"{name}: preempting to accommodate a higher priority pod",
        "lastTransitionTime": now_text(),
    }
    body = {"metadata": {"uid": victim.uid}, "status": {"conditions": [condition]}}
    try:
        told = await client.patch(PODS, victim_name, body, namespace=namespace, kind=STRATEGIC, subresource="status")
        await client.delete(PODS, victim_name, namespace, uid=victim.uid)
    except ApiError as error:
        if error.reason not in {"NotFound", "Conflict"}:
            raise
        return  # it has left by itself
    recorder.event(told, "Normal", "Preempted", f"Preempted by pod {uid_of(pod)} on node {victim.host}")
