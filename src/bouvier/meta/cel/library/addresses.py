"""Kubernetes' functions on IP addresses and networks.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-ip-address-library
"""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import TRAVERSAL, Overload, function, method, traversal
from bouvier.meta.cel.types import BOOL, INT, STRING, opaque
from bouvier.meta.cel.values import Opaque

IP, CIDR = opaque("net.IP"), opaque("net.CIDR")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_PREFIX = re.compile(r"0|[1-9]\d*", re.ASCII)


def _address(text: str) -> _Address:
    """Return an address. Raises: ValueError, also for zones and IPv4 in IPv6, which Kubernetes refuses."""
    if "%" in text:
        raise ValueError("IP address with zone value is not allowed")
    address = ipaddress.ip_address(text)
    if address.version == 6 and address.ipv4_mapped is not None:
        raise ValueError("IPv4-mapped IPv6 address is not allowed")
    return address


class Ip(Opaque):
    """An address."""

    __slots__ = ("address",)
    type_name = "net.IP"

    def __init__(self, address: _Address) -> None:
        self.address = address

    def identity(self) -> Any:
        """Compare by value."""
        return self.address


class Cidr(Opaque):
    """An address with the length of its network's prefix."""

    __slots__ = ("address", "length", "network")
    type_name = "net.CIDR"

    def __init__(self, address: _Address, length: int) -> None:
        self.address, self.length = address, length
        self.network = ipaddress.ip_network(f"{address}/{length}", strict=False)

    def identity(self) -> Any:
        """Compare by address and length."""
        return self.address, self.length

    def holds(self, address: _Address) -> bool:
        """Tell whether the network holds an address."""
        return address.version == self.network.version and address in self.network


def _ip(text: str) -> Ip:
    try:
        return Ip(_address(text))
    except ValueError as error:
        raise EvaluationError(
            f'IP Address "{text}" parse error during conversion from string: {_reason(text, error)}'
        ) from None


def _reason(text: str, error: ValueError) -> str:
    if "not allowed" in str(error):
        return str(error)
    return f'ParseAddr("{text}"): unable to parse IP'


def _parse_cidr(text: str) -> Cidr:
    address, _, length = text.partition("/")
    if not _PREFIX.fullmatch(length):
        raise ValueError(text)
    parsed = _address(address)
    if int(length) > parsed.max_prefixlen:
        raise ValueError(text)
    return Cidr(parsed, int(length))


def _cidr(text: str) -> Cidr:
    try:
        return _parse_cidr(text)
    except ValueError:
        message = "network address parse error during conversion from string: netip.ParsePrefix"
        raise EvaluationError(f'{message}("{text}"): no valid prefix') from None


def _is_ip(text: str) -> bool:
    try:
        _address(text)
    except ValueError:
        return False
    return True


def _is_cidr(text: str) -> bool:
    try:
        _parse_cidr(text)
    except ValueError:
        return False
    return True


def _is_canonical(text: str) -> bool:
    return str(_ip(text).address) == text


def _contains_ip(cidr: Cidr, other: Ip | str) -> bool:
    return cidr.holds((_ip(other) if isinstance(other, str) else other).address)


def _contains_cidr(cidr: Cidr, other: Cidr | str) -> bool:
    inner = _cidr(other) if isinstance(other, str) else other
    return inner.length >= cidr.length and cidr.holds(inner.network.network_address)


def _masked(cidr: Cidr) -> Cidr:
    return Cidr(cidr.network.network_address, cidr.length)


def _compared(cidr: Cidr, other: Any) -> int:
    parsed = len(other) if isinstance(other, str) else 0
    return math.ceil(cidr.address.max_prefixlen // 4 * TRAVERSAL) + math.ceil(parsed * TRAVERSAL)


FUNCTIONS: tuple[Overload, ...] = (
    function("ip", (STRING,), IP, _ip, traversal()),
    function("isIP", (STRING,), BOOL, _is_ip, traversal()),
    function("ip.isCanonical", (STRING,), BOOL, _is_canonical, traversal(2 * TRAVERSAL)),
    function("string", (IP,), STRING, lambda value: str(value.address)),
    method("family", (IP,), INT, lambda value: value.address.version),
    method("isUnspecified", (IP,), BOOL, lambda value: value.address.is_unspecified),
    method("isLoopback", (IP,), BOOL, lambda value: value.address.is_loopback),
    method("isLinkLocalUnicast", (IP,), BOOL, lambda value: value.address.is_link_local),
    method("isLinkLocalMulticast", (IP,), BOOL, lambda value: _is_link_local_multicast(value.address)),
    method(
        "isGlobalUnicast",
        (IP,),
        BOOL,
        lambda value: (
            not (
                value.address.is_unspecified
                or value.address.is_loopback
                or value.address.is_multicast
                or value.address.is_link_local
                or str(value.address) == "255.255.255.255"
            )
        ),
    ),
    function("cidr", (STRING,), CIDR, _cidr, traversal()),
    function("isCIDR", (STRING,), BOOL, _is_cidr, traversal()),
    function("string", (CIDR,), STRING, lambda value: f"{value.address}/{value.length}"),
    method("ip", (CIDR,), IP, lambda value: Ip(value.address)),
    method("masked", (CIDR,), CIDR, _masked),
    method("prefixLength", (CIDR,), INT, lambda value: value.length),
    *(method("containsIP", (CIDR, other), BOOL, _contains_ip, _compared) for other in (IP, STRING)),
    *(method("containsCIDR", (CIDR, other), BOOL, _contains_cidr, _compared) for other in (CIDR, STRING)),
)


def _is_link_local_multicast(address: _Address) -> bool:
    local = ipaddress.ip_network("224.0.0.0/24" if address.version == 4 else "ff02::/16")
    return address in local
