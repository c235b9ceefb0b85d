"""What claims and volumes get when they are made: the default class, a guard while they are in use; and who may grow.

Source: Kubernetes "Admission Control", DefaultStorageClass, StorageObjectInUseProtection, PersistentVolumeClaimResize.
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.kinds.volumes.names import CLAIM_PROTECTION, VOLUME_PROTECTION
from bouvier.kinds.volumes.questions import class_of, names_no_class, requested
from bouvier.kinds.volumes.questions import default_class as default_of
from bouvier.meta.objects import Obj

CLAIMS = ("", "persistentvolumeclaims")
FINALIZERS = {CLAIMS: CLAIM_PROTECTION, ("", "persistentvolumes"): VOLUME_PROTECTION}
_STATIC = (
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
)


@concerns(CLAIMS)
async def default_class(operation: Operation) -> None:
    """Give a new claim without a class the default one, if there is one."""
    claim = operation.obj
    if operation.verb != "create" or operation.resource != CLAIMS or claim is None or not names_no_class(claim):
        return
    found = default_of(_classes(operation))
    if found is not None:
        claim["spec"]["storageClassName"] = found["metadata"]["name"]


@concerns(*FINALIZERS)
async def in_use_protection(operation: Operation) -> None:
    """Put the finalizer on new claims and volumes that keeps them while somebody uses them."""
    finalizer = FINALIZERS.get(operation.resource)
    if operation.verb != "create" or finalizer is None or operation.obj is None:
        return
    metadata = operation.obj["metadata"]
    if finalizer not in (metadata.get("finalizers") or ()):
        metadata["finalizers"] = [*(metadata.get("finalizers") or ()), finalizer]


@concerns(CLAIMS)
async def expansion(operation: Operation) -> None:
    """Refuse a larger request where the class does not allow it.

    Raises:
        ApiError: Forbidden.

    """
    new, old = operation.obj, operation.old
    if operation.resource != CLAIMS or operation.verb != "update" or operation.subresource or not new or not old:
        return
    if requested(new) <= requested(old) or (old.get("status") or {}).get("phase") != "Bound":
        return
    name = class_of(new)
    allowed = any(c.get("allowVolumeExpansion") for c in _classes(operation) if c["metadata"]["name"] == name)
    if not allowed:
        raise forbidden(operation, _STATIC)


def _classes(operation: Operation) -> list[Obj]:
    call = operation.call
    entries = call.context.hub.resource(call.cluster, "storage.k8s.io", "storageclasses").entries
    return [entry.decode() for entry in entries.values()]
