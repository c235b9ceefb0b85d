"""Building the images of a stack's services, before the stack is given to the platform."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.cli.build_client import upload, wait_build
from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.cli.stack_client import make_namespace
from bouvier.client import Client
from bouvier.client.rest import APPLY
from bouvier.meta.objects import name_of
from bouvier.meta.resources import IMAGESTREAMS
from bouvier.stacks.builds import ServiceBuild, objects_of

MANAGER = "bouvier-stack"
"""Applies build configurations, so that what a file no longer says is taken back."""


async def build_images(
    client: Client, builds: Sequence[ServiceBuild], stack: str, namespace: str, timeout_seconds: float
) -> dict[str, str]:
    """Build every image and return by service what to run: by digest, so that a stack's revisions stay what they were.

    Raises:
        CommandError: a build failed or takes longer than allowed; nothing of the stack has been changed.
    """
    await make_namespace(client, namespace, stack)
    images = {}
    for build in builds:
        for resource, obj in objects_of(build, stack, namespace):
            await client.patch(
                resource, name_of(obj), obj, namespace=namespace, kind=APPLY, manager=MANAGER, force=True
            )
        started = await upload(client, namespace, build.name, build.folder)
        with Progress() as progress:
            await wait_build(client, namespace, name_of(started), timeout_seconds, progress)
        images[build.service] = await _image(client, namespace, build.name)
    return images


async def _image(client: Client, namespace: str, name: str) -> str:
    stream = await client.get(IMAGESTREAMS, name, namespace)
    for tag in (stream.get("status") or {}).get("tags") or ():
        if tag["tag"] == "latest" and tag.get("items"):
            return str(tag["items"][0]["dockerImageReference"])
    raise CommandError(
        f"the image stream {name} shows no image", f"look at it: kubectl -n {namespace} get is {name} -o yaml"
    )
