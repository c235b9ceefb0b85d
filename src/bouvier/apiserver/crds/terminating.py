"""Nothing is created of a custom kind whose definition is being deleted: its clean-up would never end."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.meta.errors import ApiError


async def definition_lifecycle(operation: Operation) -> None:
    """Refuse new objects of a dying kind."""
    call = operation.call
    if not call.kind.is_custom or operation.verb != "create" or operation.subresource:
        return
    resource = call.kind.resource
    definitions = call.context.hub.resource(call.cluster, "apiextensions.k8s.io", "customresourcedefinitions")
    entry = definitions.entries.get(f"/{resource.plural}.{resource.group}")
    if (
        entry is not None
        and b'"deletionTimestamp"' in entry.value
        and entry.decode()["metadata"].get("deletionTimestamp")
    ):
        raise ApiError("MethodNotAllowed", "create not allowed while custom resource definition is terminating")
