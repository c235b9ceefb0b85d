"""Certificate requests: who asked, who may approve and sign for a signer, and which subject nobody gets.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#certificateapproval
"""

from __future__ import annotations

import base64
import binascii

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.apiserver.authz.rules import MASTERS, Attributes
from bouvier.meta.objects import Obj
from bouvier.util.signing_requests import read_request

RESOURCE = ("certificates.k8s.io", "certificatesigningrequests")
BUNDLES = ("certificates.k8s.io", "clustertrustbundles")
CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"
_FIELDS = ("username", "uid", "groups", "extra")


@concerns(RESOURCE)
async def requester(operation: Operation) -> None:
    """Note the caller of a new request in its spec; refuse a certificate for administrators."""
    if operation.verb != "create" or operation.obj is None:
        return
    spec = operation.obj.setdefault("spec", {})
    for field in _FIELDS:
        spec.pop(field, None)
    info = operation.call.request.user.info()
    spec.update({field: info[field] for field in _FIELDS if field in info})
    if spec.get("signerName") == CLIENT_SIGNER and MASTERS in _organisations(spec):
        raise forbidden(operation, f"use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed")


def _organisations(spec: Obj) -> tuple[str, ...]:
    try:
        return read_request(base64.b64decode(spec.get("request") or "")).organisations
    except (ValueError, binascii.Error, TypeError):
        return ()  # refused by validation, with its reason


@concerns(RESOURCE)
async def signer_rights(operation: Operation) -> None:
    """Let only those approve and sign who may for the request's signer.

    Raises:
        ApiError: Forbidden.

    """
    new, old = operation.obj, operation.old
    if operation.verb != "update" or new is None or old is None:
        return
    signer = (old.get("spec") or {}).get("signerName") or ""
    before, after = old.get("status") or {}, new.get("status") or {}
    if operation.subresource == "approval":
        _demand(operation, "approve", signer)
    elif operation.subresource == "status" and _is_answer(before, after):
        _demand(operation, "sign", signer)


def _is_answer(before: Obj, after: Obj) -> bool:
    return any(before.get(field) != after.get(field) for field in ("certificate", "conditions"))


@concerns(BUNDLES)
async def attestation(operation: Operation) -> None:
    """Let only those publish trust in a signer who may attest for it.

    Raises:
        ApiError: Forbidden.

    """
    new, old = operation.obj, operation.old
    signer = ((new or {}).get("spec") or {}).get("signerName") or ""
    if new is None or not signer or (old is not None and old.get("spec") == new.get("spec")):
        return
    _demand(operation, "attest", signer)


def _demand(operation: Operation, verb: str, signer: str) -> None:
    call = operation.call
    domain = signer.partition("/")[0]
    for name in (signer, f"{domain}/*"):
        wanted = Attributes(verb, RESOURCE[0], "signers", "", name)
        if call.context.authorizer.allowed(call.cluster, call.request.user, wanted):
            return
    what = "for" if verb == "attest" else "requests with"
    raise forbidden(operation, f'user not permitted to {verb} {what} signerName "{signer}"')
