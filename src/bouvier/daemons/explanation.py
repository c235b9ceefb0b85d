"""`GET /bouvier/v1/explain?namespace=N&pod=P`: what each host says to a pod that waits, for the console.

The scheduler's own filters on the objects of this moment, as `bouvier explain` asks them. Needs the right to get the pod
and to list nodes and pods, because the answer tells of both.
"""

from __future__ import annotations

import asyncio
from typing import Any

from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Context
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.kinds.volumes.questions import claim_names
from bouvier.meta.errors import not_found
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NAMESPACES, NODES, PODS

PATH = "/bouvier/v1/explain"


class ExplainPath:
    """Answers the path."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def explain(self, request: Request) -> Answer:
        """Answer with every host, why it does not take the pod, and what would help."""
        if request.user is ANONYMOUS:
            raise unauthorized()
        cluster = request.query.get("cluster") or request.cluster
        namespace, name = request.query.get("namespace", ""), request.query.get("pod", "")
        self._context.clusters.check(cluster)
        for wanted in (
            Attributes("get", "", "pods", namespace, name),
            Attributes("list", "", "pods"),
            Attributes("list", "", "nodes"),
        ):
            self._context.authorizer.check(cluster, request.user, wanted)
        entry = self._context.hub.resource(cluster, "", "pods").entries.get(f"{namespace}/{name}")
        if entry is None:
            raise not_found("pods", name)
        hosts = await asyncio.to_thread(_hosts, entry.decode(), lambda resource: self._all(cluster, resource))
        return Response(200, codec.dumps({"hosts": hosts}))

    def _all(self, cluster: str, resource: Resource) -> list[Obj]:
        entries = self._context.hub.resource(cluster, resource.group, resource.plural).entries
        return [entry.decode() for entry in list(entries.values())]


def _hosts(pod: Obj, all_of: Any) -> list[dict[str, Any]]:
    if pod["spec"].get("nodeName"):
        return []
    from bouvier.scheduler.explain import explain  # noqa: PLC0415 - numpy is loaded only when it is needed
    from bouvier.scheduler.volumes import RESOURCES  # noqa: PLC0415

    storage = [(one, obj) for one in RESOURCES if claim_names(pod) for obj in all_of(one)]
    found = explain(pod, all_of(NODES), all_of(PODS), all_of(NAMESPACES), storage)
    fitting = [{"host": host, "fits": True, "why": "", "help": ""} for host in sorted(found.points)]
    return fitting + [
        {"host": refusal.host, "fits": False, "why": "; ".join(refusal.reasons), "help": refusal.help}
        for refusal in found.refusals
    ]
