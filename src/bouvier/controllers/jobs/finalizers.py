"""Takes the tracking finalizer off pods, and puts it on adopted ones."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.client.rest import JSON_PATCH, Client
from bouvier.controllers.jobs.pods import TRACKING
from bouvier.controllers.runtime.batches import in_parallel
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import PODS


async def release(client: Client, pods: Sequence[Obj]) -> None:
    """Take the finalizer off; pods that are gone are fine.

    Raises:
        ApiError: Conflict when the list of finalizers has changed meanwhile, or a refusal.
    """

    async def one(pod: Obj) -> None:
        kept = [each for each in pod["metadata"].get("finalizers") or () if each != TRACKING]
        await _put(client, pod, kept)

    await in_parallel(pods, one)


async def track(client: Client, pods: Sequence[Obj]) -> None:
    """Put the finalizer on."""

    async def one(pod: Obj) -> None:
        await _put(client, pod, [*(pod["metadata"].get("finalizers") or ()), TRACKING])

    await in_parallel(pods, one)


async def _put(client: Client, pod: Obj, finalizers: list[str]) -> None:
    """Replace the finalizers if they are still those that were seen; the rest of the pod may have changed."""
    seen = pod["metadata"].get("finalizers") or []
    operations = [
        {"op": "test", "path": "/metadata/uid", "value": uid_of(pod)},
        *([{"op": "test", "path": "/metadata/finalizers", "value": seen}] if seen else []),
        {"op": "add", "path": "/metadata/finalizers", "value": finalizers},
    ]
    try:
        await client.patch(PODS, name_of(pod), operations, namespace=namespace_of(pod), kind=JSON_PATCH)
    except ApiError as error:
        if error.reason == "Invalid":  # a test failed: the cache lags
            raise ApiError("Conflict", error.message) from None
        if error.reason != "NotFound":
            raise
