"""Deletes a pod for the platform's own reasons, first noting the reason on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bouvier.client.rest import Client
from bouvier.controllers.runtime.conditions import put
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import PODS


async def disrupt(
    client: Client, pod: Obj, *, reason: str, message: str, failed: bool = False, grace_seconds: int | None = None
) -> None:
    """Set the condition DisruptionTarget (and phase Failed), then delete the pod; one that is gone already is fine."""
    try:
        await _mark(client, pod, reason=reason, message=message, failed=failed)
        await client.delete(PODS, name_of(pod), namespace_of(pod), uid=uid_of(pod), grace_seconds=grace_seconds)
    except ApiError as error:
        if error.reason not in ("NotFound", "Conflict"):
            raise


async def _mark(client: Client, pod: Obj, *, reason: str, message: str, failed: bool) -> None:
    present = (pod.get("status") or {}).get("conditions") or []
    target = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": message}
    conditions = put(present, target, datetime.now(UTC))
    status: dict[str, Any] = {"conditions": conditions} | ({"phase": "Failed"} if failed else {})
    if conditions == present and not failed:
        return
    body = {"metadata": {"uid": uid_of(pod)}, "status": status}
    await client.patch(PODS, name_of(pod), body, namespace=namespace_of(pod), subresource="status")
