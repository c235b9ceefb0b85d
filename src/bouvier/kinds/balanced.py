"""Checks of `status.loadBalancer`, which whoever serves a Service or an Ingress writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.kinds.podspec.placement import is_address
from bouvier.meta.errors import forbidden_field, required

PATH = "status.loadBalancer.ingress"
MODES = ("Proxy", "VIP")


def ingress_of(obj: Mapping[str, Any]) -> Sequence[Any]:
    """Return where the object says that it is served."""
    return ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()


def places(ingress: Sequence[Mapping[str, Any]]) -> Errors:
    """Check addresses and names."""
    for index, one in enumerate(ingress):
        path, ip, host = f"{PATH}[{index}]", one.get("ip") or "", one.get("hostname") or ""
        if ip and not is_address(ip):
            yield fields.invalid(f"{path}.ip", ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
        if host:
            yield from fields.each(f"{path}.hostname", host, names.subdomain)
            if is_address(host):
                yield fields.invalid(f"{path}.hostname", host, "must be a DNS name, not an IP address")


def modes(ingress: Sequence[Mapping[str, Any]]) -> Errors:
    """Check how packets for each address arrive."""
    for index, one in enumerate(ingress):
        path, ip, mode = f"{PATH}[{index}].ipMode", one.get("ip") or "", one.get("ipMode")
        if ip and mode is None:
            yield required(path, "must be specified when `ip` is set")
        elif mode is not None and not ip:
            yield forbidden_field(path, "may not be specified when `ip` is not set")
        elif mode is not None and mode not in MODES:
            yield fields.unsupported(path, mode, MODES)
