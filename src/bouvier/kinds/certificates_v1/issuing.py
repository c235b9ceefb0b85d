"""The one step that a PodCertificateRequest makes: to issued, denied or failed, and never on from there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bouvier.kinds import fields
from bouvier.kinds.certificates_v1.proofs import is_for
from bouvier.kinds.certificates_v1.trustanchors import blocks, certificate
from bouvier.kinds.conditions import check_conditions
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import FieldError, not_supported, required
from bouvier.meta.objects import Obj, is_condition_true
from bouvier.util.clock import parse_time

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

ENDS = ("Issued", "Denied", "Failed")
MAX_CHAIN_BYTES = 100 * 1024
LEAST_LIFE = timedelta(hours=1)
SKEW = timedelta(minutes=5)
"""How far the certificate's beginning may be from the present."""
MARGIN = timedelta(minutes=10)
"""How far from its ends a certificate may be asked for anew."""
_CHAIN = "status.certificateChain"
_TIMES = {
    "notBefore": "must be present and consistent with the issued certificate",
    "notAfter": "must be present and consistent with the issued certificate",
    "beginRefreshAt": "must be present and in the range [notbefore+10min, notafter-10min]",
}


def validate_status(new: Obj, old: Obj) -> list[FieldError]:
    """Check a change of a request's status."""
    found = list(_conditions(new))
    return found or list(_step(new, old))


def _conditions(obj: Obj) -> Errors:
    path, ends = "status.conditions", 0
    conditions = (obj.get("status") or {}).get("conditions") or []
    for index, one in enumerate(conditions):
        if one.get("type") not in ENDS:
            yield not_supported(f"{path}[{index}].type", one.get("type") or "", list(ENDS))
            continue
        ends += 1
        if ends > 1:
            detail = 'There may be at most one condition with type "Issued", "Denied", or "Failed"'
            yield fields.invalid(f"{path}[{index}].type", one["type"], detail)
        if one.get("status") != "True":
            yield not_supported(f"{path}[{index}].status", one.get("status") or "", ["True"])
    yield from check_conditions(path, conditions)


def _step(new: Obj, old: Obj) -> Errors:
    after, before = _plain(new), _plain(old)
    if any(is_condition_true(old, end) for end in ENDS):
        if after != before:
            yield _whole("immutable after PodCertificateRequest is issued, denied, or failed")
    elif is_condition_true(new, "Denied") or is_condition_true(new, "Failed"):
        if set(after) - {"conditions"}:
            yield _whole("non-condition status fields must be empty when denying or failing the PodCertificateRequest")
    elif is_condition_true(new, "Issued"):
        yield from _issued(after, old.get("spec") or {})
    elif after != before:
        yield _whole('status is immutable unless transitioning to "Issued", "Denied", or "Failed"')


def _plain(obj: Obj) -> dict[str, Any]:
    return {field: value for field, value in (obj.get("status") or {}).items() if value}


def _whole(detail: str) -> FieldError:
    return FieldError("FieldValueInvalid", "status", f"Invalid value: {detail}")


def _issued(status: Mapping[str, Any], spec: dict[str, Any]) -> Errors:
    chain = status.get("certificateChain") or ""
    if len(chain.encode()) > MAX_CHAIN_BYTES:
        yield fields.too_long(_CHAIN, MAX_CHAIN_BYTES)
        return
    wrong, leaf = _read(chain)
    if wrong or leaf is None:
        yield fields.invalid(_CHAIN, chain, wrong)
        return
    if not is_for(leaf, spec):
        yield fields.invalid(_CHAIN, chain, "leaf certificate was not issued to the requested public key")
        return
    missing = [field for field in _TIMES if not status.get(field)]
    for field in missing:
        yield required(f"status.{field}", _TIMES[field])
    if not missing:
        yield from _times(status, leaf, spec)


def _read(chain: str) -> tuple[str, Certificate | None]:
    """Return what is wrong with a chain, and its first certificate."""
    found = list(blocks(chain))
    if not found:
        return "issued certificate chain must contain at least one certificate", None
    if any(block.kind != "CERTIFICATE" for block in found):
        return "issued certificate chain must consist entirely of CERTIFICATE PEM blocks", None
    read = [certificate(block.content) for block in found]
    if read[0] is None:
        return "leaf certificate does not parse as valid X.509", None
    return ("intermediate certificate does not parse as valid X.509" if None in read else ""), read[0]


def _times(status: Mapping[str, Any], leaf: Certificate, spec: Mapping[str, Any]) -> Errors:
    start, end, refresh = (parse_time(status[field]) for field in _TIMES)
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    most = spec.get("maxExpirationSeconds") or 0
    path = "status.notBefore"
    if start != leaf.not_valid_before_utc:
        yield fields.invalid(
            path, status["notBefore"], "must be set to the NotBefore time encoded in the leaf certificate"
        )
    elif abs(start - datetime.now(UTC)) >= SKEW:
        yield fields.invalid(
            path, status["notBefore"], "must be set to within 5 minutes of kube-apiserver's current time"
        )
    elif end != leaf.not_valid_after_utc:
        detail = "must be set to the NotAfter time encoded in the leaf certificate"
        yield fields.invalid("status.notAfter", status["notAfter"], detail)
    elif life < LEAST_LIFE:
        yield fields.invalid(_CHAIN, str(life), "leaf certificate lifetime must be >= 1 hour")
    elif life > timedelta(seconds=most):
        detail = f"leaf certificate lifetime must be <= spec.maxExpirationSeconds ({most})"
        yield fields.invalid(_CHAIN, str(life), detail)
    else:
        yield from _refresh(status["beginRefreshAt"], refresh, start, end)


def _refresh(shown: str, refresh: datetime, start: datetime, end: datetime) -> Errors:
    path = "status.beginRefreshAt"
    if refresh < start + MARGIN:
        yield fields.invalid(path, shown, "must be at least 10 minutes after status.notBefore")
    elif refresh > end - MARGIN:
        yield fields.invalid(path, shown, "must be at least 10 minutes before status.notAfter")
