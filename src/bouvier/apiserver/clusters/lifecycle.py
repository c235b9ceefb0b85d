"""From a Cluster object to a served logical cluster, and from its deletion to an empty store.

A finalizer keeps the object until every key below the cluster's name is gone: a new cluster of the same name never
sees anything of the old one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.clusters.directory import GROUP, LOCAL, PLURAL
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.updating import change_object
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting
from bouvier.store.interface import RevisionMismatchError

log = structlog.get_logger(__name__)
CONTENTS = "clusters.bouvier.io/contents"
RETRY_SECONDS = 1.0
NOT_BY_DRIVERS = frozenset(
    (
        ("", "persistentvolumeclaims"),
        ("", "persistentvolumes"),
        ("", "replicationcontrollers"),
        ("autoscaling", "horizontalpodautoscalers"),
        ("networking.k8s.io", "ingresses"),
        ("networking.k8s.io", "networkpolicies"),
        ("policy", "poddisruptionbudgets"),
    )
)
"""Kinds that nobody acts upon in clusters of Swarm and Mesos: an object that is stored and ignored would be a false promise."""
NOT_BY_MARATHON = frozenset((("apps", "statefulsets"), ("batch", "jobs"), ("batch", "cronjobs")))
"""Kinds whose pods Marathon would start again and again; the platform's own framework on Mesos runs them."""
Fill = Callable[[str], Awaitable[None]]


async def cluster_lifecycle(operation: Operation) -> None:
    """Refuse Cluster objects outside `local` and the removal of `local`; guard the contents of the others.

    Raises:
        ApiError: Forbidden.

    """
    call = operation.call
    if operation.resource != (GROUP, PLURAL):
        if call.cluster != LOCAL and operation.verb == "create":
            _check_driven(operation)
        return
    name = call.target.name or (operation.obj or {"metadata": {}})["metadata"].get("name", "")
    if call.cluster != LOCAL:
        raise ApiError("Forbidden", f'{call.group_resource} "{name}" is forbidden: clusters are made in {LOCAL} only')
    if operation.verb == "delete" and name == LOCAL:
        raise ApiError("Forbidden", f'{call.group_resource} "{LOCAL}" is forbidden: this cluster may not be deleted')
    if operation.verb == "create" and operation.obj is not None and name != LOCAL:
        finalizers = operation.obj["metadata"].setdefault("finalizers", [])
        if CONTENTS not in finalizers:
            finalizers.append(CONTENTS)


def _check_driven(operation: Operation) -> None:
    """Refuse what the cluster's driver would never act upon."""
    call = operation.call
    cluster = call.context.clusters.get(call.cluster)
    driver = "" if cluster is None else cluster["spec"].get("driver", "")
    is_refused = driver in ("swarm", "mesos") and operation.resource in NOT_BY_DRIVERS
    if cluster is not None and (cluster["spec"].get("mesos") or {}).get("marathon"):
        is_refused = is_refused or operation.resource in NOT_BY_MARATHON
    if is_refused:
        raise ApiError(
            "Forbidden",
            f"{call.group_resource} is forbidden: clusters of the driver {driver} do not run it; "
            "use a Deployment, DaemonSet, StatefulSet, Job or Pod, or a native or Kubernetes cluster",
        )


class ClusterLifecycle:
    """Fills new clusters and clears deleted ones."""

    def __init__(self, context: Context, fill: Fill) -> None:
        self._context = context
        self._fill = fill
        self._changed: asyncio.Queue[str] = asyncio.Queue()
        self._started: set[str] = set()
        context.clusters.on_change(self._observe)

    def _observe(self, name: str, cluster: Obj | None) -> None:
        if cluster is None:
            self._started.discard(name)
        elif name != LOCAL and (name not in self._started or is_deleting(cluster)):
            self._started.add(name)
            self._changed.put_nowait(name)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            name = await self._changed.get()
            try:
                await self._reconcile(name)
            except (ApiError, RevisionMismatchError) as error:
                log.info("cluster will be tried again", name=name, why=str(error))
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._changed.put_nowait, name)

    async def ensure_local(self) -> None:
        """Make the object of the cluster that is always there."""
        if self._context.clusters.get(LOCAL) is not None:
            return
        cluster: Obj = {
            "apiVersion": f"{GROUP}/v1",
            "kind": "Cluster",
            "metadata": {"name": LOCAL},
            "spec": {"driver": "native"},
        }
        await create_object(self._call(""), cluster)

    async def _reconcile(self, name: str) -> None:
        cluster = self._context.clusters.get(name)
        if cluster is None:
            return
        if is_deleting(cluster):
            await self._clear(name)
            await change_object(self._call(name), _released)
        elif not self._context.clusters.is_proxied(name):
            await self._fill(name)
            self._context.clusters.mark_filled(name)

    async def _clear(self, name: str) -> None:
        """Delete every key of a cluster; a write that slipped in meanwhile is found by the next look."""
        while entries := self._context.hub.entries_of(name):
            for key, revision in entries:
                await self._context.store.delete(key.text(), revision)
            await self._context.hub.reached(self._context.store.revision)

    def _call(self, name: str) -> Call:
        kind = self._context.kinds.find(LOCAL, GROUP, "v1", PLURAL)
        assert kind is not None
        return Call(self._context, internal_request(LOCAL, SELF), kind, Target(GROUP, "v1", PLURAL, "", name, "", ""))


def _released(cluster: Obj) -> Obj:
    cluster["metadata"]["finalizers"] = [f for f in cluster["metadata"].get("finalizers") or () if f != CONTENTS]
    return cluster
