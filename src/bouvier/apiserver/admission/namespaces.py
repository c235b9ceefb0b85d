"""Nothing is created in a namespace that does not exist or is being deleted; some are never deleted."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.meta.errors import ApiError, not_found
from bouvier.meta.objects import is_deleting

IMMORTAL = ("default", "kube-system", "kube-public")


async def namespace_lifecycle(operation: Operation) -> None:
    """Refuse writes in missing or dying namespaces."""
    call = operation.call
    if operation.resource == ("", "namespaces"):
        if operation.verb == "delete" and call.target.name in IMMORTAL:
            message = f'namespaces "{call.target.name}" is forbidden: this namespace may not be deleted'
            raise ApiError("Forbidden", message, details={"name": call.target.name, "kind": "namespaces"})
        return
    if operation.verb != "create" or not call.kind.resource.namespaced:
        return
    name = call.target.namespace
    entry = call.context.hub.resource(call.cluster, "", "namespaces").entries.get(f"/{name}")
    if entry is None:
        raise not_found("namespaces", name)
    # Looking for the text first spares decoding the namespace at every creation.
    if b'"deletionTimestamp"' in entry.value and is_deleting(entry.decode()):
        obj = operation.obj or {"metadata": {}}
        named = obj["metadata"].get("name", "")
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {name} is being terminated",
            "field": "metadata.namespace",
        }
        raise ApiError(
            "Forbidden",
            f'{call.group_resource} "{named}" is forbidden: unable to create new content in namespace {name}'
            " because it is being terminated",
            details={
                "name": named,
                "group": call.kind.resource.group,
                "kind": call.kind.resource.plural,
                "causes": [cause],
            },
        )
