"""`bouvier cluster`: logical clusters of every orchestrator."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path
from typing import Any

import click

from bouvier.cli.cluster_view import as_table, describe, totals
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, wait_options
from bouvier.cli.output import write_data, write_table
from bouvier.cli.progress import Progress
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of, is_condition_true, name_of
from bouvier.meta.resources import CLUSTERS, SECRETS

POLL_SECONDS = 0.1
DRIVERS = ("native", "kubernetes", "swarm", "mesos")
SECRET_NAMESPACE = "kube-system"  # noqa: S105 - where, not what


@click.group()
def command() -> None:
    """Add, list and remove clusters; each is a complete Kubernetes API under /clusters/NAME/."""


@command.command()
@click.argument("driver", type=click.Choice(DRIVERS))
@click.argument("name")
@data_dir_option
@click.option("--engine", metavar="unix://SOCKET", default="", help="The engine of a Swarm manager (swarm).")
@click.option("--kubeconfig", metavar="FILE", default="", help="How to reach the API (kubernetes).")
@click.option("--context", metavar="NAME", default="", help="Context of the kubeconfig [default: its current one].")
@click.option("--pod-cidr", metavar="RANGE", default="", help="Addresses of its pods [a free range] (native).")
@click.option("--service-cidr", metavar="RANGE", default="", help="Addresses of its services [a free range] (native).")
@click.option(
    "--overlay", type=click.Choice(["route", "vxlan", "ipsec"]), help="How its pods reach each other (native)."
)
@click.option("--master", metavar="URL", default="", help="The master, or several with commas between (mesos).")
@click.option(
    "--marathon", metavar="URL", default="", help="A Marathon to run apps [the platform's own framework] (mesos)."
)
@click.option(
    "--containerizer", type=click.Choice(["mesos", "docker"]), help="What runs tasks on agents [mesos] (mesos)."
)
@click.option("--strict", is_flag=True, help="Refuse what the orchestrator cannot express, instead of reporting it.")
@wait_options
def add(
    *, driver: str, name: str, data_dir: str, wait: bool, timeout_seconds: float, strict: bool, **given: str | None
) -> None:
    """Add the cluster NAME, executed by DRIVER."""
    spec: Obj = {"driver": driver} | ({"strict": True} if strict else {})
    _check_options(driver, given)
    if driver == "native":
        chosen = {field: given[option] for option, field in NATIVE_FIELDS.items() if given[option]}
        spec |= {"native": chosen} if chosen else {}
    if driver == "swarm":
        spec["swarm"] = {"engine": given["engine"]}
    if driver == "mesos":
        spec["mesos"] = _mesos_part(given)
    if driver == "kubernetes":
        spec["kubernetes"] = {"kubeconfigSecret": {"namespace": SECRET_NAMESPACE, "name": f"cluster-{name}"}}

    async def work() -> None:
        async with api_of(data_dir) as client:
            if driver == "kubernetes":
                await _keep_kubeconfig(client, name, given["kubeconfig"] or "", given["context"] or "")
            cluster = {"apiVersion": CLUSTERS.api_version, "kind": "Cluster", "metadata": {"name": name}, "spec": spec}
            try:
                await client.create(CLUSTERS, cluster)
            except ApiError as error:
                if error.reason == "AlreadyExists":
                    raise CommandError(
                        f"there is a cluster {name} already", "see it: bouvier cluster show " + name
                    ) from None
                raise
            if wait:
                await _wait_ready(client, name, timeout_seconds, needs_hosts=driver != "native")
            click.echo(f"cluster/{name} added: kubectl --context {name} …")
            if driver == "native":
                click.echo(f"hosts join it by the line that this prints: bouvier token --cluster {name}")

    run_async(work())


def _mesos_part(given: dict[str, str | None]) -> Obj:
    part: Obj = {"masters": [url.strip() for url in (given["master"] or "").split(",")]}
    if given["marathon"]:
        part["marathon"] = [url.strip() for url in given["marathon"].split(",")]
    return part | ({"containerizer": given["containerizer"]} if given["containerizer"] else {})


NEEDED = {"swarm": "engine", "kubernetes": "kubeconfig", "mesos": "master", "native": ""}
ALLOWED = {
    "native": ("pod_cidr", "service_cidr", "overlay"),
    "swarm": ("engine",),
    "kubernetes": ("kubeconfig", "context"),
    "mesos": ("master", "marathon", "containerizer"),
}


NATIVE_FIELDS = {"pod_cidr": "podCIDR", "service_cidr": "serviceCIDR", "overlay": "overlay"}


def _check_options(driver: str, given: dict[str, str | None]) -> None:
    needed = NEEDED[driver]
    if needed and not given[needed]:
        raise CommandError(f"{driver} clusters need --{needed}", f"bouvier cluster add {driver} NAME --{needed} …")
    for option, value in given.items():
        if value and option not in ALLOWED[driver]:
            raise CommandError(f"--{option.replace('_', '-')} has no meaning for {driver} clusters")


async def _keep_kubeconfig(client: Client, name: str, file: str, context: str) -> None:
    """Store a kubeconfig with everything inside that it refers to, so that it works without this host's files."""
    from bouvier.client.kubeconfig import flattened  # noqa: PLC0415 - YAML is loaded only when needed

    text = flattened(Path(file), context)
    secret: Obj = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"cluster-{name}", "namespace": SECRET_NAMESPACE},
        "data": {"kubeconfig": base64.b64encode(text.encode()).decode()},
    }
    try:
        await client.create(SECRETS, secret)
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        await client.patch(SECRETS, name_of(secret), {"data": secret["data"]}, namespace=SECRET_NAMESPACE)


async def _wait_ready(client: Client, name: str, timeout_seconds: float, *, needs_hosts: bool) -> None:
    deadline = time.monotonic() + timeout_seconds
    with Progress() as progress:
        while True:
            cluster = await client.get(CLUSTERS, name)
            ready = condition_of(cluster, "Ready") or {}
            if is_condition_true(cluster, "Ready") or (ready.get("reason") == "NoHosts" and not needs_hosts):
                return
            progress.say(f"{name}: {ready.get('message', 'is being prepared')}")
            if time.monotonic() > deadline:
                raise CommandError(
                    f"cluster {name} is not ready after {timeout_seconds:.0f} s: {ready.get('message', 'no answer yet')}",
                    f"it stays added and is tried again; see bouvier cluster show {name}, or bouvier cluster rm {name}",
                )
            await asyncio.sleep(POLL_SECONDS)


@command.command("ls")
@data_dir_option
@output_option
def list_clusters(*, data_dir: str, output: str) -> None:
    """List clusters with hosts and capacity, and the sums over all."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            clusters = (await client.list_all(CLUSTERS)).items
        if output == "table":
            write_table(*as_table(clusters))
        else:
            write_data({"clusters": [describe(c) for c in clusters], "total": totals(clusters)}, output)

    run_async(work())


@command.command("inventory")
@data_dir_option
@output_option
def show_inventory(*, data_dir: str, output: str) -> None:
    """Show the hosts of all clusters with what they have, what is reserved and what is used.

    Each cluster is asked through its own API; one that does not answer at once is shown with what was known of it.
    """
    from bouvier.cli.inventory import rows_of, take  # noqa: PLC0415 - only here

    async def work() -> None:
        async with api_of(data_dir) as client:
            found = await take(client, (await client.list_all(CLUSTERS)).items)
        if output == "table":
            write_table(*rows_of(found))
        else:
            write_data(found, output)

    run_async(work())


@command.command()
@click.argument("name")
@data_dir_option
@output_option
def show(*, name: str, data_dir: str, output: str) -> None:
    """Show one cluster with its hosts."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            cluster = await _get(client, name)
            shown = describe(cluster) | {"api": f"{client.endpoint.url.rstrip('/')}/clusters/{name}"}
        if output != "table":
            write_data(shown, output)
            return
        for key in ("name", "driver", "state", "message", "version", "api"):
            click.echo(f"{key + ':':10}{shown[key]}")
        click.echo("can:".ljust(10) + ", ".join(shown["capabilities"]))
        rows = [_host_row(host) for host in shown["hosts"]]
        write_table(("HOST", "READY", "SCHEDULABLE", "CPU", "MEMORY"), rows, "no hosts")
        if shown["groups"]:
            click.echo()
            columns = ("MADE THERE", "SERVICES", "NETWORKS", "CONFIGS", "SECRETS")
            write_table(columns, [_group_row(group) for group in shown["groups"]], "")

    run_async(work())


def _group_row(group: dict[str, Any]) -> tuple[str, ...]:
    kinds = ("services", "networks", "configs", "secrets")
    return (group.get("name") or "(no stack)", *(", ".join(group.get(kind) or ()) for kind in kinds))


def _host_row(host: dict[str, Any]) -> tuple[str, ...]:
    capacity = host.get("capacity") or {}
    marks = ["yes" if host.get(field) else "no" for field in ("ready", "schedulable")]
    return (host["name"], *marks, capacity.get("cpu", ""), capacity.get("memory", ""))


@command.command()
@click.argument("name")
@data_dir_option
@wait_options
def rm(*, name: str, data_dir: str, wait: bool, timeout_seconds: float) -> None:
    """Remove the cluster NAME from the platform; what runs in another orchestrator goes on there."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            cluster = await _get(client, name)
            await client.delete(CLUSTERS, name)
            if cluster["spec"]["driver"] == "kubernetes":
                named = cluster["spec"]["kubernetes"]["kubeconfigSecret"]
                if named["name"] == f"cluster-{name}":
                    await client.delete(SECRETS, named["name"], named.get("namespace") or SECRET_NAMESPACE)
            if wait:
                await _wait_gone(client, name, timeout_seconds)
            click.echo(f"cluster/{name} removed")

    run_async(work())


async def _wait_gone(client: Client, name: str, timeout_seconds: float) -> None:
    from bouvier.cli.waiting import wait_gone  # noqa: PLC0415 - only with --wait

    await wait_gone(lambda: client.get(CLUSTERS, name), f"cluster {name}", timeout_seconds)


async def _get(client: Client, name: str) -> Obj:
    try:
        return await client.get(CLUSTERS, name)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        raise CommandError(f"there is no cluster {name}", "see what there is: bouvier cluster ls") from None
