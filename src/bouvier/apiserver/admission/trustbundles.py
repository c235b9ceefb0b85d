"""Bundles of trust anchors that speak for a signer: only from those who may attest for it.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#clustertrustbundleattest
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.authz.rules import Attributes
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import name_of

GROUP, PLURAL = "certificates.k8s.io", "clustertrustbundles"


@concerns((GROUP, PLURAL))
async def attest(operation: Operation) -> None:
    """Refuse a bundle for a signer for whom the caller may not speak."""
    obj, call = operation.obj, operation.call
    if obj is None or operation.subresource:
        return
    signer = (obj.get("spec") or {}).get("signerName") or ""
    if not signer or (operation.old or {}).get("spec") == obj.get("spec"):
        return
    domain = signer.partition("/")[0]
    for name in (signer, f"{domain}/*"):
        wanted = Attributes("attest", GROUP, "signers", "", name)
        if call.context.authorizer.allowed(call.cluster, call.request.user, wanted):
            return
    raise ApiError(
        "Forbidden",
        f'{PLURAL}.{GROUP} "{name_of(obj)}" is forbidden: user not permitted to attest for signerName "{signer}"',
        details={"name": name_of(obj), "group": GROUP, "kind": PLURAL},
    )
