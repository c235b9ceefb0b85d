"""From the servers that HAProxy has to those that it should have, as commands of its runtime API. Pure.

An endpoint that is not wanted any more is drained: it gets no new request, and what runs finishes. When nothing runs any
more it is taken out; HAProxy refuses that while idle connections to it are open, so it is tried again.
Source: HAProxy 2.6 management guide, 9.3.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from bouvier.network.balancer.parts import Server
from bouvier.network.balancer.render import SERVER_OPTIONS, weight_option


class Observed(NamedTuple):
    """A server as HAProxy reports it."""

    backend: str
    name: str
    status: str
    """`UP`, `DOWN`, `DRAIN`, `MAINT`, … with details behind a space."""
    sessions: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Commands:
    """What to send, and whether to look again later."""

    lines: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    """Backends with endpoints that are still being drained or wait to be taken out."""
    is_behind: bool = False
    """HAProxy has not yet the servers that it should have: the commands bring them."""


def parse(table: str) -> tuple[set[str], list[Observed]]:
    """Return the backends and the servers in the output of one or more `show stat`."""
    backends = set()
    servers = []
    lines = [line for line in table.splitlines() if line]
    header = lines[0].removeprefix("# ") if lines else ""
    for row in csv.DictReader([header, *(line for line in lines if line[0] != "#")]):
        if row["svname"] == "BACKEND":
            backends.add(row["pxname"])
        elif row["svname"] != "FRONTEND":
            servers.append(
                Observed(
                    row["pxname"], row["svname"], row["status"], int(row["scur"] or 0), int(row.get("weight") or 0)
                )
            )
    return backends, servers


def commands(wanted: Mapping[str, Iterable[Server]], observed: Iterable[Observed]) -> Commands:
    """Return what brings the servers of the wanted backends to where they should be."""
    lines: list[str] = []
    leaving: dict[str, None] = {}
    present = {(server.backend, server.name): server for server in observed if server.backend in wanted}
    kept = {(backend, server.name) for backend, servers in wanted.items() for server in servers}
    for backend, servers in wanted.items():
        for server in servers:
            lines += _bring(backend, server, present.get((backend, server.name)))
    is_behind = bool(lines)
    for key, gone in sorted(present.items()):
        if key not in kept:
            leaving[gone.backend] = None
            lines += _take_out(gone)
    return Commands(tuple(lines), tuple(leaving), is_behind)


def _bring(backend: str, server: Server, present: Observed | None) -> list[str]:
    where = f"{backend}/{server.name}"
    if present is None:
        added = f"add server {where} {server.address}:{server.port} {SERVER_OPTIONS}{weight_option(server)}"
        return [added, f"enable server {where}", f"enable health {where}"]
    changes = [f"set server {where} state ready"] if present.status.startswith(("DRAIN", "MAINT")) else []
    if server.weight >= 0 and server.weight != present.weight:
        changes.append(f"set server {where} weight {server.weight}")
    return changes


def _take_out(gone: Observed) -> list[str]:
    where = f"{gone.backend}/{gone.name}"
    if gone.status.startswith("MAINT"):
        return [f"del server {where}"]
    if not gone.status.startswith("DRAIN"):
        return [f"set server {where} state drain"]
    return [f"set server {where} state maint", f"del server {where}"] if not gone.sessions else []
