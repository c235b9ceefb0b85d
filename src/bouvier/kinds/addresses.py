"""IP addresses and ranges as fields hold them, with the messages that Kubernetes gives."""

from __future__ import annotations

import ipaddress

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.placement import ADDRESS_MESSAGE, is_address
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj, name_of, namespace_of

_LOOPBACK = "may not be in the loopback range (127.0.0.0/8, ::1/128)"
_LINK_LOCAL = "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
_LINK_LOCAL_MULTICAST = "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
_MULTICAST = tuple(map(ipaddress.ip_network, ("224.0.0.0/24", "ff02::/16")))


def reachable(path: str, text: str) -> Errors:
    """Check an address that others are to reach: neither this machine's own nor one of its link."""
    if not is_address(text):
        yield fields.invalid(path, text, ADDRESS_MESSAGE)
        return
    address = ipaddress.ip_address(text)
    if address.is_unspecified:
        yield fields.invalid(path, text, f"may not be unspecified ({text})")
    if address.is_loopback:
        yield fields.invalid(path, text, _LOOPBACK)
    if address.is_link_local:
        yield fields.invalid(path, text, _LINK_LOCAL)
    if any(address in network for network in _MULTICAST if network.version == address.version):
        yield fields.invalid(path, text, _LINK_LOCAL_MULTICAST)


def but_own_api(obj: Obj, errors: Errors) -> list[FieldError]:
    """Return what is wrong with endpoints; those of the API server itself may listen on this machine only."""
    found = list(errors)
    if (name_of(obj), namespace_of(obj)) != ("kubernetes", "default"):
        return found
    return [error for error in found if _LOOPBACK not in error.detail]


def cidr(path: str, text: str) -> Errors:
    """Check a range of addresses."""
    try:
        ipaddress.ip_network(text, strict=False)
        is_range = "/" in text
    except ValueError:
        is_range = False
    if not is_range:
        yield fields.invalid(path, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")
