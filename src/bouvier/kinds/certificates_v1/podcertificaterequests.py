"""PodCertificateRequest: a host's wish for a certificate of a pod, and the certificate. Data for signers of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.certificates_v1.issuing import validate_status
from bouvier.kinds.certificates_v1.proofs import check_proof, check_request
from bouvier.kinds.certificates_v1.signers import is_kubernetes, signer_name
from bouvier.kinds.columns import AGE, NAME, at, cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.metadata import validate_annotations
from bouvier.kinds.older import older
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("certificates.k8s.io", "v1", "podcertificaterequests", "PodCertificateRequest")
MAX_UID = 128
MIN_SECONDS, MAX_SECONDS, MAX_KUBERNETES_SECONDS = 3600, 91 * 86400, 86400
"""A certificate lives from an hour to 91 days; a day at most when Kubernetes' own signers make it."""
DEFAULT_SECONDS = 86400
_SUBJECTS = (("podName", "podUID"), ("serviceAccountName", "serviceAccountUID"), ("nodeName", "nodeUID"))
_ONE_KEY = "exactly one of (stubPKCS10Request) or (pkixPublicKey, proofOfPossession) must be set"


def default(obj: Obj) -> None:
    """Fill how long the certificate may live."""
    spec = obj.setdefault("spec", {})
    if spec.get("maxExpirationSeconds") is None:
        spec["maxExpirationSeconds"] = DEFAULT_SECONDS


def validate(obj: Obj) -> list[FieldError]:
    """Check who asks whom for what."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    signer = spec.get("signerName") or ""
    yield from signer_name(f"{path}.signerName", signer)
    yield from validate_annotations(f"{path}.unverifiedUserAnnotations", spec.get("unverifiedUserAnnotations"))
    for name, uid in _SUBJECTS:
        yield from fields.each(f"{path}.{name}", spec.get(name) or "", names.subdomain)
        if not spec.get(uid):
            yield fields.invalid(f"{path}.{uid}", "", "must not be empty")
        elif len(spec[uid]) > MAX_UID:
            yield fields.too_long(f"{path}.{uid}", MAX_UID)
    seconds = spec.get("maxExpirationSeconds")
    most = MAX_KUBERNETES_SECONDS if is_kubernetes(signer) else MAX_SECONDS
    if seconds is None:
        yield required(f"{path}.maxExpirationSeconds", "must be set")
    elif not MIN_SECONDS <= seconds <= most:
        detail = f"must be in the range [{MIN_SECONDS}, {most}]"
        yield fields.invalid(f"{path}.maxExpirationSeconds", seconds, detail)
    yield from _keys(path, spec)


def _keys(path: str, spec: Mapping[str, Any]) -> Errors:
    request, key, proof = (spec.get(name) or "" for name in ("stubPKCS10Request", "pkixPublicKey", "proofOfPossession"))
    if request and not key and not proof:
        yield from check_request(f"{path}.stubPKCS10Request", request)
    elif key and proof and not request:
        places = f"{path}.pkixPublicKey", f"{path}.proofOfPossession"
        yield from check_proof(places[0], key, places[1], proof, spec.get("podUID") or "")
    else:
        yield FieldError("FieldValueInvalid", path, f"Invalid value: {_ONE_KEY}")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse any change of what was asked."""
    return list(fields.immutable("spec", new.get("spec"), old.get("spec")))


def _state(obj: Obj) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    return next((str(one["type"]) for one in conditions if one.get("status") == "True"), "Pending")


KIND = Kind(
    resource=RESOURCE,
    singular="podcertificaterequest",
    definition="io.k8s.api.certificates.v1.PodCertificateRequest",
    subresources=with_status(RESOURCE),
    columns=(
        NAME,
        text("PodName", "spec", "podName"),
        text("ServiceAccountName", "spec", "serviceAccountName"),
        text("NodeName", "spec", "nodeName"),
        text("SignerName", "spec", "signerName"),
        cell("State", _state),
        AGE,
    ),
    selectable={
        "spec.signerName": at("spec", "signerName"),
        "spec.podName": at("spec", "podName"),
        "spec.nodeName": at("spec", "nodeName"),
    },
    default=default,
    validate=validate,
    validate_update=validate_update,
    validate_status=validate_status,
    needs_revision=True,
)
BETA = older(KIND, "v1beta1")
