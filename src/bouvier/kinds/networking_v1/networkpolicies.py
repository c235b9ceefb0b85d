"""NetworkPolicy: which traffic pods accept and send."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.columns import AGE, NAME, cell, selector_text, value_at
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import NETWORKPOLICIES

_TYPES = ("Egress", "Ingress")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_DIRECTIONS = (("ingress", "from"), ("egress", "to"))


def default(obj: Obj) -> None:
    """Fill protocols, and the directions that the policy is about."""
    spec = obj.setdefault("spec", {})
    for direction, _ in _DIRECTIONS:
        for rule in spec.get(direction) or ():
            for port in rule.get("ports") or ():
                port.setdefault("protocol", "TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Mapping[str, Any]) -> Errors:
    yield from fields.label_selector(f"{path}.podSelector", spec.get("podSelector"))
    for direction, peers in _DIRECTIONS:
        for index, rule in enumerate(spec.get(direction) or ()):
            place = f"{path}.{direction}[{index}]"
            for number, port in enumerate(rule.get("ports") or ()):
                yield from _port(f"{place}.ports[{number}]", port)
            for number, peer in enumerate(rule.get(peers) or ()):
                yield from _peer(f"{place}.{peers}[{number}]", peer)
    types = spec.get("policyTypes") or []
    if len(types) > len(_TYPES):
        yield fields.invalid(f"{path}.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, kind in enumerate(types):
        if kind not in _TYPES:
            yield fields.unsupported(f"{path}.policyTypes[{index}]", kind, _TYPES)


def _port(path: str, port: Mapping[str, Any]) -> Errors:
    yield from fields.optional_one_of(f"{path}.protocol", port.get("protocol"), _PROTOCOLS)
    number, end = port.get("port"), port.get("endPort")
    if number is None:
        if end is not None:
            yield required(f"{path}.port", "must be specified if endPort is specified")
        return
    yield from fields.port_or_name(f"{path}.port", number)
    if end is None:
        return
    if isinstance(number, str):
        yield required(f"{path}.endPort", "may not be specified when port is non-numeric")
    elif end < number:
        yield fields.invalid(f"{path}.endPort", number, "must be greater than or equal to `port`")
    else:
        yield from fields.port(f"{path}.endPort", end)


def _peer(path: str, peer: Mapping[str, Any]) -> Errors:
    selectors = [field for field in ("podSelector", "namespaceSelector") if peer.get(field) is not None]
    block = peer.get("ipBlock")
    for field in selectors:
        yield from fields.label_selector(f"{path}.{field}", peer[field])
    if block is not None:
        yield from _block(f"{path}.ipBlock", block)
    if not selectors and block is None:
        yield required(path, "must specify a peer")
    elif selectors and block is not None:
        yield forbidden_field(path, "may not specify both ipBlock and another peer")


def _block(path: str, block: Mapping[str, Any]) -> Errors:
    outer = _network(block.get("cidr") or "")
    if not block.get("cidr"):
        yield required(f"{path}.cidr")
        return
    if outer is None:
        detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
        yield fields.invalid(f"{path}.cidr", block["cidr"], detail)
        return
    for index, text in enumerate(block.get("except") or ()):
        inner = _network(text)
        is_inside = inner is not None and inner.version == outer.version and inner.subnet_of(outer)  # type: ignore[arg-type]
        if not is_inside or inner == outer:
            detail = f"must be a strict subset of `cidr` {block['cidr']}"
            yield fields.invalid(f"{path}.except[{index}]", text, detail)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False) if "/" in text else None
    except ValueError:
        return None


NOT_ENFORCED = (
    "network policies are kept for programs that read them, but are not enforced on this platform's hosts yet:"
    " no connection is refused because of them"
)


def _warn(_obj: Obj, _old: Obj | None) -> list[str]:
    return [NOT_ENFORCED]


KIND = Kind(
    resource=NETWORKPOLICIES,
    singular="networkpolicy",
    definition="io.k8s.api.networking.v1.NetworkPolicy",
    short_names=("netpol",),
    columns=(NAME, cell("Pod-Selector", lambda obj: selector_text(value_at(obj, ("spec", "podSelector")))), AGE),
    default=default,
    validate=validate,
    warn=_warn,
    has_generation=True,
)
