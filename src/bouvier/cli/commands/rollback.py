"""`bouvier rollback`: return to an earlier revision."""

from __future__ import annotations

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.options import platform_options, wait_options
from bouvier.cli.revisions import choose, revisions_of
from bouvier.cli.targets import find
from bouvier.cli.waiting import wait_rollout
from bouvier.client import JSON_PATCH
from bouvier.meta.resources import DEPLOYMENTS, REPLICASETS


@click.command()
@click.argument("name")
@platform_options
@click.option("--to", "revision", type=click.IntRange(min=1), metavar="REVISION", help="Revision [the one before].")
@wait_options
def command(
    *, data_dir: str, namespace: str, name: str, revision: int | None, wait: bool, timeout_seconds: float
) -> None:
    """Let NAME be again as it was at an earlier revision; traffic is served all the while."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            target = await find(client, namespace, name, (DEPLOYMENTS,))
            own_name = target.obj["metadata"]["name"]
            chosen = choose(
                revisions_of(target.obj, (await client.list(REPLICASETS, namespace)).items), revision, own_name
            )
            body = [{"op": "replace", "path": "/spec/template", "value": chosen.template}]
            await client.patch(DEPLOYMENTS, own_name, body, namespace=namespace, kind=JSON_PATCH)
            if wait:
                await wait_rollout(client, target, timeout_seconds)
            click.echo(f"deployment/{own_name} returns to revision {chosen.number} ({chosen.images})")

    run_async(work())
