"""Ports in Compose's short and long form.

Source: https://docs.docker.com/reference/compose-file/services/#ports
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from bouvier.stacks.compose.fields import Fields

_SHORT = re.compile(
    r"(?:(?P<ip>\[[^]]*\]|[^:/]+):)?(?:(?P<host>\d*(?:-\d+)?):)?(?P<target>\d+(?:-\d+)?)(?:/(?P<proto>\w+))?"
)
_PROTOCOLS = ("TCP", "UDP", "SCTP")


class Port(NamedTuple):
    """A port of the container and, if published, of the host."""

    target: int
    published: int | None
    protocol: str
    mode: str
    """`ingress`: every host's port leads to every replica; `host`: the port of the pod's own host."""
    host_ip: str = ""


def ports_of(fields: Fields) -> list[Port]:
    """Return the published ports.

    Raises:
        StackError: a port is not understood.
    """
    found: list[Port] = []
    for index, entry in enumerate(fields.items("ports")):
        try:
            found += _long(entry) if isinstance(entry, dict) else _short(str(entry))
        except (ValueError, KeyError) as error:
            raise fields.error(
                f"ports[{index}]", f"{entry}: {error}", "write HOST:CONTAINER, such as 8080:80"
            ) from None
    return list(dict.fromkeys(found))


def exposed(fields: Fields) -> list[Port]:
    """Return the ports of `expose`."""
    found: list[Port] = []
    for index, entry in enumerate(fields.items("expose")):
        try:
            found += [port._replace(published=None) for port in _short(str(entry))]
        except ValueError as error:
            raise fields.error(f"expose[{index}]", str(error)) from None
    return found


def _short(text: str) -> list[Port]:
    found = _SHORT.fullmatch(text)
    if found is None:
        raise ValueError("not a port")
    ip, host = found["ip"] or "", found["host"]
    if ip and host is None:
        ip, host = "", ip
    targets = _range(found["target"])
    hosts = _range(host) if host else []
    if hosts and len(hosts) != len(targets):
        raise ValueError("both ranges must be equally long")
    protocol = _protocol(found["proto"] or "tcp")
    is_published = ":" in text
    return [
        Port(target, hosts[index] if hosts else (0 if is_published else None), protocol, "ingress", ip.strip("[]"))
        for index, target in enumerate(targets)
    ]


def _long(entry: dict[str, Any]) -> list[Port]:
    target, protocol = int(entry["target"]), _protocol(str(entry.get("protocol", "tcp")))
    published = entry.get("published")
    number = int(published) if published not in (None, "") else None
    _check(target)
    return [Port(target, number, protocol, str(entry.get("mode", "ingress")), str(entry.get("host_ip", "")))]


def _protocol(text: str) -> str:
    if text.upper() not in _PROTOCOLS:
        raise ValueError(f"the protocol {text} is none of tcp, udp, sctp")
    return text.upper()


def _range(text: str) -> list[int]:
    first, dash, last = text.partition("-")
    numbers = list(range(int(first), int(last if dash else first) + 1))
    if not numbers:
        raise ValueError(f"the range {text} runs backwards")
    for number in numbers:
        _check(number)
    return numbers


def _check(number: int) -> None:
    if not 0 < number < 65536:
        raise ValueError(f"{number} is not a port")
