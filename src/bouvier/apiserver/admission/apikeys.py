"""API keys: whose they are is noted by the server, and keys make no keys."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.authz.scopes import is_key
from bouvier.kinds.keys_v1.apikeys import RESOURCE
from bouvier.meta.errors import ApiError

_KEYS = (RESOURCE.group, RESOURCE.plural)


@concerns(_KEYS)
async def key_owner(operation: Operation) -> None:
    """Note the caller as the owner of a new key; keep the owner at updates."""
    if operation.resource != _KEYS or operation.obj is None or operation.subresource:
        return
    spec, user = operation.obj.setdefault("spec", {}), operation.call.request.user
    spec.pop("owner", None)
    if operation.old is not None:
        if owner := operation.old["spec"].get("owner"):
            spec["owner"] = owner
        return
    if is_key(user):
        raise ApiError("Forbidden", "an API key cannot make API keys: use the credentials of its owner")
    spec["owner"] = {"username": user.name, "groups": list(user.groups)} | ({"uid": user.uid} if user.uid else {})
