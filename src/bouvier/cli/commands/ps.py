"""`bouvier ps`: what runs, and why something does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.cli.overview import Line, Seen, lines_of
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, INGRESSES, PODS, REPLICASETS, SERVICES, STATEFULSETS

KINDS_SHOWN = ((DEPLOYMENTS, "Deployment"), (STATEFULSETS, "StatefulSet"), (DAEMONSETS, "DaemonSet"))


@click.command()
@data_dir_option
@click.option("--namespace", metavar="NAME", default="default", help="Namespace [default].")
@click.option("-A", "--all-namespaces", is_flag=True, help="Every namespace.")
@click.option("-a", "--all", "show_finished", is_flag=True, help="Also pods that have finished.")
@click.option("--pods", "show_pods", is_flag=True, help="Every pod beneath its workload.")
@output_option
def command(
    *, data_dir: str, namespace: str, all_namespaces: bool, show_finished: bool, show_pods: bool, output: str
) -> None:
    """List workloads, where they are reached, and a sentence for each that is not ready."""

    async def work() -> list[Line]:
        async with api_of(data_dir) as client:
            return lines_of(await look(client, "" if all_namespaces else namespace), time.time())

    lines: list[Line] = [line for line in run_async(work()) if show_finished or line.state != "finished"]
    if output != "table":
        write_data({"workloads": [asdict(line) for line in lines]}, output)
        return
    _write(lines, with_namespace=all_namespaces)
    if show_pods:
        _write_pods(lines)
    _write_troubles(lines)


async def look(client: Client, namespace: str) -> Seen:
    """Read everything that the overview shows, all at once."""
    workloads = asyncio.gather(*(_list(client, resource, namespace, kind) for resource, kind in KINDS_SHOWN))
    others = asyncio.gather(
        *(_list(client, resource, namespace, resource.kind) for resource in (REPLICASETS, PODS, SERVICES, INGRESSES))
    )
    groups, (replica_sets, pods, services, ingresses) = await workloads, await others
    return Seen([obj for group in groups for obj in group], replica_sets, pods, services, ingresses)


async def _list(client: Client, resource: Resource, namespace: str, kind: str) -> list[Obj]:
    """Return the objects, each with its kind, which lists leave out; nothing for a kind that is not served."""
    try:
        listed = await client.list(resource, namespace)
    except ApiError as error:
        if error.reason == "NotFound":
            return []
        raise
    return [{**obj, "kind": kind} for obj in listed.items]


def _write(lines: Sequence[Line], *, with_namespace: bool) -> None:
    columns = ["NAME", "READY", "IMAGE", "REACHED AT", "AGE", "STATE"]
    rows = [
        [line.name, f"{line.ready}/{line.desired}", line.image, " ".join(line.addresses) or "-", line.age, line.state]
        for line in lines
    ]
    if with_namespace:
        columns.insert(0, "NAMESPACE")
        rows = [[line.namespace, *row] for line, row in zip(lines, rows, strict=True)]
    write_table(columns, rows, empty="nothing runs here; begin with: bouvier run bouvier/sample:1")


def _write_pods(lines: Sequence[Line]) -> None:
    rows = [
        (
            pod["name"],
            pod["host"] or "-",
            pod["address"] or "-",
            str(pod["restarts"]),
            "ready" if pod["ready"] else pod["state"],
        )
        for line in lines
        for pod in line.pods
    ]
    if rows:
        click.echo()
        write_table(("POD", "HOST", "ADDRESS", "RESTARTS", "STATE"), rows)


def _write_troubles(lines: Sequence[Line]) -> None:
    for line in lines:
        for trouble in line.troubles:
            click.echo(f"\n{trouble['pod']}: {trouble['what']}")
            if trouble["advice"]:
                click.echo(f"  {trouble['advice']}")
