"""How admission says no."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.meta.errors import ApiError


def forbidden(operation: Operation, why: str) -> ApiError:
    """Return the refusal of a write, naming the object by what its creator gave it."""
    metadata = (operation.obj or operation.old or {}).get("metadata") or {}
    name = metadata.get("name") or metadata.get("generateName") or operation.call.target.name or "Unknown"
    resource = operation.call.kind.resource
    details = {"name": name, "group": resource.group, "kind": resource.plural}
    return ApiError(
        "Forbidden",
        f'{resource.group_resource} "{name}" is forbidden: {why}',
        details={field: value for field, value in details.items() if value},
    )
