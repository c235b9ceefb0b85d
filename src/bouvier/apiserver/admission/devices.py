"""Claims on devices that are in use by others: only in namespaces that are marked for administration.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#admin-access
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.kinds.resource_v1.requests import admin_errors
from bouvier.meta.errors import invalid_object
from bouvier.meta.objects import labels_of, name_of

GROUP = "resource.k8s.io"
LABEL = "resource.kubernetes.io/admin-access"
_SPECS = {"resourceclaims": "spec", "resourceclaimtemplates": "spec.spec"}


@concerns(*((GROUP, plural) for plural in _SPECS))
async def admin_access(operation: Operation) -> None:
    """Refuse claims for administration in other namespaces."""
    plural = operation.resource[1]
    if operation.obj is None or operation.subresource:
        return
    spec = operation.obj
    for step in _SPECS[plural].split("."):
        spec = spec.get(step) or {}
    errors = admin_errors(_SPECS[plural], spec)
    if errors and not _is_marked(operation):
        kind = operation.call.kind.resource.kind
        raise invalid_object(GROUP, kind, name_of(operation.obj), errors)


def _is_marked(operation: Operation) -> bool:
    call = operation.call
    entry = call.context.hub.resource(call.cluster, "", "namespaces").entries.get(f"/{call.target.namespace}")
    return entry is not None and labels_of(entry.decode()).get(LABEL) == "true"
