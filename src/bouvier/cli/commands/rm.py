"""`bouvier rm`: remove workloads with what `run` made for them."""

from __future__ import annotations

from functools import partial

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.docker_run.objects import MANAGED_LABEL, MANAGER, NAME_LABEL
from bouvier.cli.options import platform_options, wait_options
from bouvier.cli.targets import Target, find, pods_of
from bouvier.cli.waiting import wait_gone
from bouvier.client import Client
from bouvier.meta.objects import name_of
from bouvier.meta.resources import INGRESSES, PODS, SERVICES


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@platform_options
@wait_options
def command(*, data_dir: str, namespace: str, names: tuple[str, ...], wait: bool, timeout_seconds: float) -> None:
    """Remove NAME...: workloads or pod/NAME, with the service and ingress that `bouvier run` made beside them."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            for name in names:
                target = await find(client, namespace, name)
                await remove(client, namespace, target)
                if wait:
                    await wait_gone(partial(_rest, client, target), name, timeout_seconds)

    run_async(work())


async def remove(client: Client, namespace: str, target: Target) -> None:
    """Delete what belongs to the target, what routes to it first."""
    name = name_of(target.obj)
    selector = f"{NAME_LABEL}={name},{MANAGED_LABEL}={MANAGER}"
    for resource in (INGRESSES, SERVICES):
        for obj in (await client.list(resource, namespace, label_selector=selector)).items:
            await client.delete(resource, name_of(obj), namespace)
            click.echo(f"{resource.kind.lower()}/{name_of(obj)} removed")
    await client.delete(target.resource, name, namespace, propagation="Background")
    click.echo(f"{target.resource.kind.lower()}/{name} removed")


async def _rest(client: Client, target: Target) -> object:
    if target.resource == PODS:
        return await client.get(PODS, name_of(target.obj), target.obj["metadata"]["namespace"])
    return await pods_of(client, target)
