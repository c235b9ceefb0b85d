"""CertificateSigningRequest: a wish for a certificate, its approval, and the certificate.

Who asked (`spec.username`, `uid`, `groups`) is written by the API server. Source: certificates.k8s.io/v1.
"""

from __future__ import annotations

import base64
import binascii

from bouvier.kinds import fields
from bouvier.kinds.certificates_v1.approvals import conditions_of, keep_decisions, validate_conditions
from bouvier.kinds.certificates_v1.signers import signer_name
from bouvier.kinds.certificates_v1.trustanchors import blocks, certificate
from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind, Subresource
from bouvier.kinds.subresources import WRITE_VERBS, with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CERTIFICATESIGNINGREQUESTS
from bouvier.util.durations import human_duration

MIN_SECONDS = 600
_USAGES = (
    "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment",
    "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel",
    "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime",
    "server auth", "signing", "timestamping",
)  # fmt: skip


def validate(obj: Obj) -> list[FieldError]:
    """Check request, signer, usages and time."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Errors:
    spec = obj.get("spec") or {}
    yield from _request_errors(spec.get("request") or "")
    yield from signer_name("spec.signerName", spec.get("signerName"))
    usages = spec.get("usages") or []
    if not usages:
        yield required("spec.usages")
    for index, usage in enumerate(usages):
        yield from fields.optional_one_of(f"spec.usages[{index}]", usage, _USAGES)
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < MIN_SECONDS:
        yield fields.invalid(
            "spec.expirationSeconds", seconds, "may not specify a duration less than 600 seconds (10 minutes)"
        )


def _request_errors(encoded: str) -> Errors:
    if not encoded:
        yield required("spec.request")
        return
    try:
        is_request = b"CERTIFICATE REQUEST-----" in base64.b64decode(encoded, validate=True)
    except binascii.Error:
        is_request = False
    if not is_request:
        yield fields.invalid("spec.request", "<request>", "PEM block type must be CERTIFICATE REQUEST")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse any change of what was asked."""
    if new.get("spec") != old.get("spec"):
        return [forbidden_field("spec", "field is immutable: make another request")]
    return []


def validate_status(new: Obj, old: Obj) -> list[FieldError]:
    """Check conditions and certificate."""
    found = validate_conditions(new, old)
    after, before = ((one.get("status") or {}).get("certificate") for one in (new, old))
    if before and after != before:
        found.append(forbidden_field("status.certificate", "updates may not modify existing certificate content"))
    detail = _wrong_certificate(_text(after)) if after and after != before else ""
    if detail:
        text_of_it = f'Invalid value: "<certificate data>": {detail}'
        found.append(FieldError("FieldValueInvalid", "status.certificate", text_of_it))
    return found


def _wrong_certificate(pem: str) -> str:
    """Return what is wrong with a chain of certificates, nothing when each of its blocks is one."""
    found = list(blocks(pem))
    for block in found:
        if block.kind != "CERTIFICATE":
            return f'only CERTIFICATE PEM blocks are allowed, found "{block.kind}"'
        if block.has_headers:
            return "no PEM block headers are permitted"
        if certificate(block.content) is None:
            return "x509: malformed certificate"
    return "" if found else "must contain at least one CERTIFICATE PEM block"


def _text(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def condition(obj: Obj) -> str:
    """Return the state in the words of `kubectl get`: Pending, Approved, Denied, Failed, and Issued beside them."""
    present = {entry.get("type") for entry in conditions_of(obj)}
    words = [next((word for word in ("Denied", "Approved") if word in present), "Pending")]
    if "Failed" in present:
        words.append("Failed")
    return ",".join([*words, "Issued"] if (obj.get("status") or {}).get("certificate") else words)


def _duration(obj: Obj) -> str:
    seconds = (obj.get("spec") or {}).get("expirationSeconds")
    return human_duration(seconds) if seconds else "<none>"


KIND = Kind(
    resource=CERTIFICATESIGNINGREQUESTS,
    singular="certificatesigningrequest",
    definition="io.k8s.api.certificates.v1.CertificateSigningRequest",
    short_names=("csr",),
    subresources=with_status(CERTIFICATESIGNINGREQUESTS)
    | {
        "approval": Subresource(
            "approval",
            "CertificateSigningRequest",
            CERTIFICATESIGNINGREQUESTS.group,
            CERTIFICATESIGNINGREQUESTS.version,
            WRITE_VERBS,
        )
    },
    columns=(
        NAME,
        AGE,
        text("SignerName", "spec", "signerName"),
        text("Requestor", "spec", "username"),
        cell("RequestedDuration", _duration),
        cell("Condition", condition),
    ),
    selectable={"spec.signerName": lambda obj: str((obj.get("spec") or {}).get("signerName") or "")},
    validate=validate,
    validate_update=validate_update,
    prepare_status=keep_decisions,
    validate_status=validate_status,
    has_open_status=True,
    name_rule="path",
)
