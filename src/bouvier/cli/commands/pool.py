"""`bouvier pool`: what all hosts of all clusters have, and what of it is reserved, used, wasted and idle."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import click

from bouvier.billing.pool import IDLE, Amount, ClusterState, Share, pool, totals
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data, write_table
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.quantities import millis, whole
from bouvier.meta.resources import CLUSTERS, NODES, PODS

METRICS = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
ANSWER_SECONDS = 10.0
"""A cluster that does not answer by then is left out, and named."""
LOCAL = "local"


@click.command()
@click.option("--by", default="host", help="host, project, cluster or label:KEY.")
@output_option
@data_dir_option
def command(*, by: str, output: str, data_dir: str) -> None:
    """Show what the hosts of all clusters have, and what of it is reserved, used, wasted and idle."""
    states, problems = run_async(_read(data_dir))
    try:
        shares = pool(states, by)
    except ValueError as error:
        raise CommandError(str(error), exit_code=2) from None
    for name, why in problems.items():
        click.echo(f"cluster {name} is left out: {why}", err=True)
    drivers = {state.name: state.driver for state in states}
    if output != "table":
        rows = [{"key": key} | share.document() for key, share in shares.items()]
        whole_pool = totals(states).document()
        write_data({"by": by, "clusters": drivers, "rows": rows, "total": whole_pool, "problems": problems}, output)
        return
    table = [_cells(key, share) for key, share in shares.items()] + [_cells("total", totals(states))]
    heads = [f"{what}{word}" for what in ("CPU ", "MEM ") for word in ("HAS", "RESERVED", "USED", "WASTED", "IDLE")]
    write_table([by.upper(), *heads], table)


async def _read(data_dir: str) -> tuple[list[ClusterState], dict[str, str]]:
    """Return every cluster that answers, and why others do not."""
    async with api_of(data_dir) as client:
        clusters = {name_of(c): c["spec"].get("driver", "") for c in (await client.list_all(CLUSTERS)).items}
        names = list(clusters | {LOCAL: clusters.get(LOCAL, "native")})
        found = await asyncio.gather(*(_cluster(client, name, clusters.get(name, "native")) for name in names))
    states = [each for each in found if isinstance(each, ClusterState)]
    return states, {name: each for name, each in zip(names, found, strict=True) if isinstance(each, str)}


async def _cluster(home: Client, name: str, driver: str) -> ClusterState | str:
    client = Client.connect(replace(home.endpoint, cluster=name), user_agent=home.user_agent)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            nodes, pods = (await client.list_all(NODES)).items, (await client.list_all(PODS)).items
            return ClusterState(name, driver, nodes, pods, await _measured(client))
    except TimeoutError:
        return f"no answer within {ANSWER_SECONDS:.0f} s"
    except (ApiError, ConnectionError) as error:
        return str(error)
    finally:
        await client.close()


async def _measured(client: Client) -> dict[tuple[str, str], Amount] | None:
    """Return what pods use, None where nobody measures."""
    try:
        items: list[Obj] = (await client.list(METRICS)).items
    except ApiError:
        return None
    found = {}
    for metrics in items:
        amount = Amount()
        for container in metrics.get("containers") or ():
            amount = amount.plus(Amount(millis(container["usage"]["cpu"]), whole(container["usage"]["memory"])))
        found[namespace_of(metrics), name_of(metrics)] = amount
    return found


def _cells(key: str, share: Share) -> tuple[str, ...]:
    unknown = "" if key == IDLE else "?"
    cells = []
    for index, text in ((0, _cpu), (1, _memory)):
        has, reserved, idle = share.capacity[index], share.reserved[index], share.idle[index]
        measured = [text(share.used[index]), text(share.wasted[index])] if share.is_measured else [unknown, unknown]
        cells += [text(has), text(reserved), *measured, text(idle)]
    return (key, *cells)


def _cpu(amount: int) -> str:
    return f"{amount / 1000:.2f}"


def _memory(amount: int) -> str:
    return f"{amount / 1024**3:.2f}Gi"
