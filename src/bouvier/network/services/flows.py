"""Forgetting UDP flows that lead to backends which are gone.

Connection tracking keeps sending the packets of a known flow where the first one went. TCP connections notice that
their peer has gone; a UDP client that keeps sending from one port would never reach another backend. So after a change
the flows to UDP frontends are read, and those that lead elsewhere than to a present backend are deleted.

Needs Debian's `conntrack`. Source: conntrack(8).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bouvier.network.services.plan import ANY_LOCAL, Backend, Frontend, Target

_log = logging.getLogger(__name__)

_FLOW = re.compile(
    r"^udp\s.*?src=(?P<client>\S+) dst=(?P<address>\S+) sport=(?P<client_port>\d+) dport=(?P<port>\d+)"
    r" (?:\[UNREPLIED\] )?src=(?P<backend>\S+) dst=\S+ sport=(?P<backend_port>\d+)"
)


class Flow(NamedTuple):
    """A UDP flow as connection tracking knows it."""

    client: str
    client_port: int
    address: str
    """Where the client sends to."""
    port: int
    backend: Backend
    """Who answers; the same as `address` and `port` when the destination was not translated."""


class Stale(NamedTuple):
    """Flows to delete: those to an address and port that are answered by one backend."""

    address: str
    port: int
    backend: str


def parse(listing: str) -> list[Flow]:
    """Return the UDP flows of a listing by `conntrack -L -p udp`."""
    found = []
    for line in listing.splitlines():
        match = _FLOW.match(line)
        if match:
            backend = Backend(match["backend"], int(match["backend_port"]))
            client_port, port = int(match["client_port"]), int(match["port"])
            found.append(Flow(match["client"], client_port, match["address"], port, backend))
    return found


def stale(flows: Iterable[Flow], targets: Mapping[Frontend, Target | None]) -> set[Stale]:
    """Return the flows to UDP frontends that lead to none of the present backends.

    A frontend of every address of the host matches by port only; what was not translated is left alone where there is
    no backend to go to instead.
    """
    found = set()
    for flow in flows:
        target = targets.get(Frontend(flow.address, "udp", flow.port))
        if target is None:
            target = targets.get(Frontend(ANY_LOCAL, "udp", flow.port))
        is_translated = flow.backend != (flow.address, flow.port)
        if target is None or (not target.backends and not is_translated):
            continue
        if flow.backend not in target.backends:
            found.add(Stale(flow.address, flow.port, flow.backend.address))
    return found


async def forget(targets: Mapping[Frontend, Target | None]) -> int:
    """Delete the stale flows of UDP frontends; a target of None stands for a frontend that is gone.

    Returns the number of groups of flows that were deleted.
    """
    known = {f: target or Target(()) for f, target in targets.items() if f.protocol == "udp"}
    if not known:
        return 0
    groups = stale(parse(await _conntrack("-L", "-p", "udp")), known)
    for group in sorted(groups):
        where = ["--orig-dst", group.address, "--orig-port-dst", str(group.port), "--reply-src", group.backend]
        await _conntrack("-D", "-p", "udp", *where)
    return len(groups)


async def _conntrack(*arguments: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            "conntrack", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except FileNotFoundError:
        _log.warning("UDP clients may keep sending to endpoints that are gone: install Debian's package conntrack")
        return ""
    output, _ = await process.communicate()
    return output.decode()
