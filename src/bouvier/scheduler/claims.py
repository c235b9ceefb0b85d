"""Getting a pod's missing volumes made on the host chosen for it, before the pod is bound to that host.

The host is written on each claim; binder and driver do the rest. When the mark goes away again the host could not give
the volume, and the pod is placed anew. A scheduler that is killed in between finds the marks and keeps to them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bouvier.client.rest import Client
from bouvier.kinds.volumes.names import SELECTED_NODE
from bouvier.kinds.volumes.questions import selected_node
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS
from bouvier.scheduler.volumes import VolumeView

WAIT_SECONDS = 600.0
"""Kubernetes' own limit: a slow storage system may take minutes."""
NOTICE_SECONDS = 10.0
"""How long our own mark may take to come back through the cache before its absence counts as a refusal."""


class VolumesFailedError(Exception):
    """A host could not give a pod its volumes."""


async def provide(
    client: Client, view: VolumeView, keys: Sequence[str], host: str, is_wanted: Callable[[], bool]
) -> None:
    """Return when all of the claims are bound to volumes for that host, or nobody wants them any more.

    Raises:
        VolumesFailedError: the host gives none, or not in time.
        ApiError: a claim could not be marked.
    """
    for claim in view.unbound(keys):
        if selected_node(claim) != host:
            await _mark(client, claim, host)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while (missing := view.unbound(keys)) and is_wanted():
                if loop.time() - began > NOTICE_SECONDS:
                    _check_marks(missing, host)
                _check_marks([claim for claim in missing if selected_node(claim)], host)
                await _next_change(view)
    except TimeoutError:
        raise VolumesFailedError("the volumes were not ready in time") from None


async def _next_change(view: VolumeView) -> None:
    """Wait for a change, for some seconds at most."""
    try:
        async with asyncio.timeout(NOTICE_SECONDS / 2):
            await view.change()
    except TimeoutError:
        return


def _check_marks(claims: Sequence[Obj], host: str) -> None:
    for claim in claims:
        if selected_node(claim) != host:
            raise VolumesFailedError(f'{host} cannot give claim "{name_of(claim)}" its volume')


async def _mark(client: Client, claim: Obj, host: str) -> None:
    metadata = {
        "uid": uid_of(claim),
        "resourceVersion": claim["metadata"]["resourceVersion"],
        "annotations": {SELECTED_NODE: host},
    }
    await client.patch(PERSISTENTVOLUMECLAIMS, name_of(claim), {"metadata": metadata}, namespace=namespace_of(claim))
