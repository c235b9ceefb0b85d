"""`bouvier scale`: how many replicas run."""

from __future__ import annotations

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.options import platform_options, wait_options
from bouvier.cli.targets import Target, find
from bouvier.cli.waiting import wait_rollout
from bouvier.meta.resources import DEPLOYMENTS, REPLICASETS, STATEFULSETS


@click.command()
@click.argument("name")
@click.argument("replicas", type=click.IntRange(min=0))
@platform_options
@wait_options
def command(*, data_dir: str, namespace: str, name: str, replicas: int, wait: bool, timeout_seconds: float) -> None:
    """Let NAME run with REPLICAS replicas."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            target = await find(client, namespace, name, (DEPLOYMENTS, STATEFULSETS, REPLICASETS))
            own_name = target.obj["metadata"]["name"]
            before = target.obj["spec"].get("replicas", 1)
            body = {"spec": {"replicas": replicas}}
            await client.patch(target.resource, own_name, body, namespace=namespace, subresource="scale")
            if wait and target.resource != REPLICASETS:
                await wait_rollout(client, Target(target.resource, target.obj), timeout_seconds)
            click.echo(f"{target.obj['kind'].lower()}/{own_name}: {before} → {replicas} replicas")

    run_async(work())
