"""`bouvier network`: whether the hosts reach each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.meta.objects import Obj, condition_of, name_of
from bouvier.meta.resources import NODES, PEERREPORTS

ESTABLISHED = "established"
UNTESTED = "untested"
UNKNOWN = "unknown"
"""The host that would say does not report: what it said last may be wrong by now."""
SETTLE_SECONDS = 15.0
"""Hosts test each other every 2 s; an association takes a few seconds, and a probe that is lost is repeated."""
POLL_SECONDS = 0.5


@click.group()
def command() -> None:
    """Show whether the hosts reach each other."""


@command.command()
@data_dir_option
@output_option
def peers(data_dir: str, output: str) -> None:
    """Show what every host finds when it tries to reach every other one over the overlay.

    `established`: probes are answered. `unreachable`: they are not. `untested`: the host has not told yet.
    `unknown`: the host does not report at all. Pairs of hosts that are new are waited for, 15 seconds at most.
    """
    found = run_async(_read(data_dir))
    if output != "table":
        write_data({"peers": found}, output)
        return
    write_table(
        ("FROM", "TO", "STATE", "DRIVER", "SINCE", "MILLISECONDS", "WHY"),
        [
            tuple(
                str(row.get(field, ""))
                for field in ("from", "to", "state", "driver", "since", "milliseconds", "message")
            )
            for row in found
        ],
        empty="a single host has no peers; bouvier token adds another one",
    )


async def _read(data_dir: str) -> list[dict[str, Any]]:
    async with api_of(data_dir) as client:
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            nodes = (await client.list_all(NODES)).items
            rows = matrix(nodes, (await client.list_all(PEERREPORTS)).items)
            if time.monotonic() > deadline or not any(is_settling(row, datetime.now(UTC)) for row in rows):
                return rows
            await asyncio.sleep(POLL_SECONDS)


def is_settling(row: dict[str, Any], now: datetime) -> bool:
    """Tell whether a pair may well be otherwise in a moment: not tested yet, or not reached only since just now."""
    if row["state"] in (ESTABLISHED, UNKNOWN):
        return False
    if row["state"] == UNTESTED or not row.get("since"):
        return True
    since = datetime.fromisoformat(str(row["since"]))
    return (now - since).total_seconds() < SETTLE_SECONDS


def matrix(nodes: Iterable[Obj], reports: Iterable[Obj]) -> list[dict[str, Any]]:
    """Return a row for each ordered pair of hosts."""
    by_host = {name_of(report): report for report in reports}
    listed = sorted(nodes, key=name_of)
    return [
        _row(source, name_of(target), by_host.get(name_of(source)) or {})
        for source in listed
        for target in listed
        if source is not target
    ]


def _row(source: Obj, target: str, report: Obj) -> dict[str, Any]:
    entry: dict[str, Any] = next((peer for peer in report.get("peers") or () if peer["name"] == target), {})
    row: dict[str, Any] = {"from": name_of(source), "to": target, "state": entry.get("state", UNTESTED)}
    row |= {"driver": report["driver"]} if report.get("driver") else {}
    row |= {field: entry[field] for field in ("since", "milliseconds", "message") if entry.get(field)}
    if (condition_of(source, "Ready") or {}).get("status") != "True":
        row |= {"state": UNKNOWN, "message": f"host {name_of(source)} is not ready"}
    return row
