"""Who asked for a certificate is written by the server, never by the one who asks."""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns

RESOURCE = ("certificates.k8s.io", "certificatesigningrequests")
_FIELDS = ("username", "uid", "groups", "extra")


@concerns(RESOURCE)
async def requester(operation: Operation) -> None:
    """Note the caller of a new CertificateSigningRequest in its spec."""
    if operation.resource != RESOURCE or operation.verb != "create" or operation.obj is None:
        return
    spec = operation.obj.setdefault("spec", {})
    for field in _FIELDS:
        spec.pop(field, None)
    info = operation.call.request.user.info()
    spec.update({field: info[field] for field in _FIELDS if field in info})
