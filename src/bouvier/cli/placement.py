"""What each host says to a pod that waits: the scheduler's own filters, asked from here.

The answer is worked out from the objects of this moment by the code that the scheduler runs; nothing is asked of the
scheduler's process, so it can be told also while that is down.
"""

from __future__ import annotations

import asyncio
from typing import Any

from bouvier.client import Client
from bouvier.kinds.volumes.questions import claim_names
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NAMESPACES, NODES, PODS


async def hosts_of(client: Client, pod: Obj) -> list[dict[str, Any]]:
    """Return every host with why it does not take the pod and what would help; nothing for a pod that has a host."""
    if pod["spec"].get("nodeName"):
        return []
    from bouvier.scheduler.explain import explain  # noqa: PLC0415 - numpy is loaded only when it is needed
    from bouvier.scheduler.volumes import RESOURCES  # noqa: PLC0415

    nodes, pods, namespaces = await asyncio.gather(*(client.list_all(one) for one in (NODES, PODS, NAMESPACES)))
    storage = [(r, obj) for r in RESOURCES if claim_names(pod) for obj in (await client.list_all(r)).items]
    explanation = explain(pod, nodes.items, pods.items, namespaces.items, storage)
    refused = [
        {"host": refusal.host, "fits": False, "why": "; ".join(refusal.reasons), "help": refusal.help}
        for refusal in explanation.refusals
    ]
    fitting = [{"host": host, "fits": True, "why": "", "help": ""} for host in sorted(explanation.points)]
    return fitting + refused
