"""`bouvier status`: addresses, processes and hosts of the platform."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.cli.supervisor_client import ask
from bouvier.util.places import Places, open_places

API_TIMEOUT_SECONDS = 3.0


@click.command()
@data_dir_option
@output_option
def command(*, data_dir: str, output: str) -> int:
    """Show addresses, processes and hosts.

    Leaves with exit code 1 when the platform is not running or not ready.
    """
    places = open_places(data_dir)
    status = ask(places, "status") or {"ready": False, "dataDir": str(places.data_dir), "processes": []}
    status["hosts"] = hosts_of(places) if status["ready"] else []
    if output == "table":
        _write(status)
    else:
        write_data(status, output)
    return 0 if status["ready"] else 1


def hosts_of(places: Places) -> list[dict[str, Any]]:
    """Return name, readiness and address of every host; nothing when the API does not answer now."""
    from bouvier.cli.connect import api_of, run_async  # noqa: PLC0415 - only for a running platform
    from bouvier.meta.errors import ApiError  # noqa: PLC0415 - same
    from bouvier.meta.resources import NODES  # noqa: PLC0415 - same

    async def nodes() -> list[dict[str, Any]]:
        async with api_of(str(places.data_dir)) as client, asyncio.timeout(API_TIMEOUT_SECONDS):
            return [host_of(node) for node in (await client.list(NODES)).items]

    try:
        hosts: list[dict[str, Any]] = run_async(nodes())
    except (ApiError, OSError):
        return []
    return hosts


def host_of(node: dict[str, Any]) -> dict[str, Any]:
    """Return what the status shows of a Node."""
    status = node.get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    addresses = {entry["type"]: entry["address"] for entry in status.get("addresses") or ()}
    return {"name": node["metadata"]["name"], "ready": ready, "address": addresses.get("InternalIP", "")}


def _write(status: dict[str, Any]) -> None:
    if "api" not in status:
        click.echo(f"not running: there is no platform at work in {status['dataDir']}\n  start it: bouvier up --detach")
        return
    click.echo("ready" if status["ready"] else "not ready")
    rows = {
        "API": status["api"],
        "kubeconfig": status["kubeconfig"],
        "console": status["console"]["url"],
        "applications": f"{status['balancer']['http']}  {status['balancer']['https']}",
        "store": f"{status['store']['kind']}, {status['store']['bytes'] / 1e6:.1f} MB",
        "engine": status["engine"]["socket"] + (" (private)" if status["engine"]["private"] else ""),
    }
    for name, value in rows.items():
        click.echo(f"  {name:<13} {value}")
    click.echo()
    write_table(
        ("PROCESS", "STATE", "PID", "RESTARTS", "LAST END"),
        [(p["name"], p["state"], str(p["pid"] or ""), str(p["restarts"]), p["lastEnd"]) for p in status["processes"]],
    )
    click.echo()
    write_table(
        ("HOST", "STATE", "ADDRESS"),
        [(host["name"], "ready" if host["ready"] else "not ready", host["address"]) for host in status["hosts"]],
        empty="no hosts yet",
    )
