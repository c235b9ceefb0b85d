"""`bouvier status`: addresses, processes and hosts of the platform."""

from __future__ import annotations

from typing import Any

import click

from bouvier.cli.facts import complete
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.cli.supervisor_client import ask
from bouvier.util.places import open_places


@click.command()
@data_dir_option
@output_option
def command(*, data_dir: str, output: str) -> int:
    """Show addresses, processes and hosts.

    Leaves with exit code 1 when the platform is not running or not ready.
    """
    places = open_places(data_dir)
    status = ask(places, "status") or {"ready": False, "dataDir": str(places.data_dir), "processes": []}
    complete(places, status)
    if output == "table":
        _write(status)
    else:
        write_data(status, output)
    return 0 if status["ready"] else 1


def _store_text(store: dict[str, Any]) -> str:
    return f"etcd, {store['url']}" if store["kind"] == "etcd" else f"{store['kind']}, {store['bytes'] / 1e6:.1f} MB"


def _write(status: dict[str, Any]) -> None:
    if "api" not in status:
        click.echo(f"not running: there is no platform at work in {status['dataDir']}\n  start it: bouvier up --detach")
        return
    click.echo("ready" if status["ready"] else "not ready")
    rows = {
        "API": status["api"],
        "kubeconfig": status["kubeconfig"],
        "console": status["console"].get("signIn") or status["console"]["url"],
        "store": _store_text(status["store"]),
    }
    if "balancer" in status:
        rows["applications"] = f"{status['balancer']['http']}  {status['balancer']['https']}"
        rows["engine"] = status["engine"]["socket"] + (" (private)" if status["engine"]["private"] else "")
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
