"""`bouvier upgrade`: another image, replica by replica."""

from __future__ import annotations

from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.docker_run.values import check_image
from bouvier.cli.errors import CommandError
from bouvier.cli.options import platform_options, wait_options
from bouvier.cli.targets import find
from bouvier.cli.waiting import wait_rollout
from bouvier.client import STRATEGIC
from bouvier.meta.objects import Obj
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, STATEFULSETS


@click.command()
@click.argument("name")
@platform_options
@click.option("--image", required=True, help="The new image.")
@click.option("-c", "--container", default="", help="Container to change [the only one].")
@wait_options
def command(
    *,
    data_dir: str,
    namespace: str,
    name: str,
    image: str,
    container: str,
    wait: bool,
    timeout_seconds: float,
) -> None:
    """Replace the image of NAME; as many replicas as before serve all the while."""
    check_image(image)

    async def work() -> None:
        async with api_of(data_dir) as client:
            target = await find(client, namespace, name, (DEPLOYMENTS, STATEFULSETS, DAEMONSETS))
            own_name = target.obj["metadata"]["name"]
            changed = choose_container(target.obj, container)
            if changed["image"] == image:
                click.echo(f"{own_name} runs {image} already")
                return
            body = {"spec": {"template": {"spec": {"containers": [{"name": changed["name"], "image": image}]}}}}
            await client.patch(target.resource, own_name, body, namespace=namespace, kind=STRATEGIC)
            if wait:
                await wait_rollout(client, target, timeout_seconds)
            click.echo(f"{target.obj['kind'].lower()}/{own_name}: {changed['image']} → {image}")

    run_async(work())


def choose_container(workload: Obj, name: str) -> dict[str, Any]:
    """Return the container that is meant.

    Raises:
        CommandError: none of that name, or several and none named.
    """
    containers: list[dict[str, Any]] = workload["spec"]["template"]["spec"]["containers"]
    names = ", ".join(container["name"] for container in containers)
    if name:
        chosen = next((container for container in containers if container["name"] == name), None)
        if chosen is None:
            raise CommandError(f"there is no container {name}", f"there are: {names}")
        return chosen
    if len(containers) > 1:
        raise CommandError("there are several containers", f"name one by --container: {names}")
    return containers[0]
