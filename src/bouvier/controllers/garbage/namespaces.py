"""Empties namespaces that are being deleted, then lets them go.

Source: https://kubernetes.io/docs/tasks/administer-cluster/namespaces/#deleting-a-namespace
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from bouvier.client.http.messages import decode
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.garbage.discovery import Discovery, Served
from bouvier.controllers.garbage.metadata_watch import METADATA_LIST
from bouvier.controllers.garbage.namespaces_plan import (
    FINALIZER,
    Emptying,
    finalizers_of,
    is_terminating,
    order,
    status,
)
from bouvier.controllers.runtime.caches import pods
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.resources import NAMESPACES, PODS

AGAIN_SECONDS = 1.0
"""Time between passes while something remains; the end of the last pod ends the waiting for pods at once."""
AT_ONCE = 8
"""Resources emptied at the same time."""


class NamespaceController:
    """Writes status of terminating namespaces and removes the finalizer `kubernetes`."""

    name = "namespace"
    workers = 4
    reads = (NAMESPACES, PODS)
    writes = (NAMESPACES,)
    """And deletes everything in a terminating namespace."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._discovery = Discovery(client)

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch namespaces, and the pods that terminating ones wait for."""
        self._queue = queue
        self._namespaces: Informer = informers.informer(NAMESPACES)
        self._pods: Informer = pods(informers)
        self._namespaces.add_handler(lambda _type, _old, new: queue.add(name_of(new)))
        self._pods.add_handler(self._pod_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Delete what is there; finalize when nothing is left."""
        namespace = self._namespaces.get(key)
        if namespace is None or not is_terminating(namespace):
            return None
        if (namespace.get("status") or {}).get("phase") != "Terminating":
            await self._write(namespace, {"phase": "Terminating"})
        found = await self._empty(key)
        if found.is_done:
            await self._finalize(key)
            return None
        wanted = status(namespace, found, datetime.now(UTC))
        if wanted["conditions"] != (namespace.get("status") or {}).get("conditions"):
            await self._write(namespace, wanted)
        return Again(AGAIN_SECONDS)

    async def _empty(self, name: str) -> Emptying:
        found = Emptying()
        try:
            served = await self._discovery.refresh()
        except ApiError as error:
            found.discovery_failure = f"Discovery failed: {error}"
            served = self._discovery.served
        gate = asyncio.Semaphore(AT_ONCE)
        for resources in order(served):
            await asyncio.gather(*(self._empty_resource(gate, each, name, found) for each in resources))
            if found.remaining or found.failures:
                break
        return found

    async def _empty_resource(self, gate: asyncio.Semaphore, each: Served, namespace: str, found: Emptying) -> None:
        """Delete all objects of a resource and note what is left: things with finalizers or grace."""
        resource = each.resource
        async with gate:
            try:
                left = await self._list(each, namespace)
                if not left:
                    return
                if "deletecollection" in each.verbs:
                    body = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}
                    await self._client.request("DELETE", resource.path(namespace), body=body)
                else:
                    for obj in left:
                        await self._delete(each, obj)
                found.note(resource.group_resource, await self._list(each, namespace))
            except ApiError as error:
                if error.reason not in ("NotFound", "MethodNotAllowed"):
                    found.failures.append(f"{resource.group_resource}: {error}")

    async def _list(self, each: Served, namespace: str) -> list[Obj]:
        answer = await self._client.raw("GET", each.resource.path(namespace), accept=METADATA_LIST)
        return list(decode(answer).get("items") or ())

    async def _delete(self, each: Served, obj: Obj) -> None:
        try:
            await self._client.delete(each.resource, name_of(obj), namespace_of(obj), propagation="Background")
        except ApiError as error:
            if error.reason != "NotFound":
                raise

    async def _finalize(self, name: str) -> None:
        live = await self._client.get(NAMESPACES, name)
        if not is_terminating(live):
            return
        kept = [each for each in finalizers_of(live) if each != FINALIZER]
        await self._client.update(
            NAMESPACES, {**live, "spec": {**live["spec"], "finalizers": kept}}, subresource="finalize"
        )

    async def _write(self, namespace: Obj, new: Obj) -> None:
        body = {"metadata": {"uid": namespace["metadata"]["uid"]}, "status": new}
        await self._client.patch(NAMESPACES, name_of(namespace), body, subresource="status")

    def _pod_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        if event_type != "DELETED":
            return
        namespace = self._namespaces.get(namespace_of(new))
        if namespace is not None and is_terminating(namespace):
            self._queue.add(namespace_of(new))
