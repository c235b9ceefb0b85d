"""ServiceCIDR: a range that the addresses of Services are taken from. `kubernetes` is the platform's own.

Source: KEP-1880 (multiple ServiceCIDRs).
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_interface

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import SERVICECIDRS

DEFAULT_NAME = "kubernetes"
FINALIZER = "networking.k8s.io/service-cidr-finalizer"
READY = "Ready"
_PATH = "spec.cidrs"
_MOST = 2
_FORM = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
_FAMILIES = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
_FIXED = "field is immutable"


def validate(obj: Obj) -> list[FieldError]:
    """Check the ranges."""
    return list(_errors(_cidrs(obj)))


def _cidrs(obj: Obj) -> list[str]:
    return (obj.get("spec") or {}).get("cidrs") or []


def _errors(cidrs: list[str]) -> Errors:
    if not cidrs:
        yield required(_PATH, "at least one CIDR required")
        return
    if len(cidrs) > _MOST:
        yield fields.invalid(_PATH, {"cidrs": cidrs}, "may only hold up to 2 values")
        return
    for index, text in enumerate(cidrs):
        yield from _form(f"{_PATH}[{index}]", text)
    versions = [network.version for text in cidrs if (network := network_of(text))]
    if len(versions) == _MOST and len(set(versions)) < _MOST:
        yield fields.invalid(_PATH, cidrs, _FAMILIES)


def network_of(text: str) -> IPv4Network | IPv6Network | None:
    """Return the range that a text names, bits behind its length cut off; None for any other text."""
    address, _, length = text.partition("/")
    try:
        return ip_interface(text).network if address and length.isdecimal() else None
    except ValueError:
        return None


def _form(path: str, text: str) -> Errors:
    network = network_of(text)
    if network is None:
        yield fields.invalid(path, text, _FORM)
        return
    address = ip_interface(text).ip
    if text != f"{address}/{network.prefixlen}":
        yield fields.invalid(path, text, f'must be in canonical form ("{address}/{network.prefixlen}")')
    if address != network.network_address:
        yield fields.invalid(path, text, "must not have bits set beyond the prefix length")


def validate_update(new: Obj, old: Obj) -> list[FieldError]:
    """Refuse other ranges; a second family may be added."""
    return list(_update_errors(_cidrs(new), _cidrs(old)))


def _update_errors(new: list[str], old: list[str]) -> Errors:
    grows = len(old) == 1 and len(new) == _MOST
    if len(new) != len(old) and not grows:
        yield fields.invalid(_PATH, new, _FIXED)
        return
    for index, before in enumerate(old):
        if new[index] != before:
            yield fields.invalid(f"{_PATH}[{index}]", new[index], _FIXED)


def is_ready(obj: Obj) -> bool:
    """Tell whether addresses may be taken from it: without a word to the contrary they may."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == READY:
            return bool(condition.get("status") == "True")
    return True


KIND = Kind(
    resource=SERVICECIDRS,
    singular="servicecidr",
    definition="io.k8s.api.networking.v1.ServiceCIDR",
    subresources=with_status(SERVICECIDRS),
    columns=(NAME, cell("CIDRs", lambda obj: ",".join(_cidrs(obj))), AGE),
    validate=validate,
    validate_update=validate_update,
)
