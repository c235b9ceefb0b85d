"""`bouvier logs`: what containers wrote."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import platform_options
from bouvier.cli.streams import pod_path
from bouvier.cli.targets import find, pods_of
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, name_of


@click.command()
@click.argument("name")
@platform_options
@click.option("-f", "--follow", is_flag=True, help="Go on as more is written.")
@click.option("--tail", type=click.IntRange(min=0), help="Only the last lines of each container.")
@click.option("--since", "since_seconds", type=click.IntRange(min=1), metavar="SECONDS", help="Only what is newer.")
@click.option("--previous", is_flag=True, help="Of the container before the last restart.")
@click.option("-t", "--timestamps", is_flag=True, help="Begin each line with its time.")
@click.option("-c", "--container", default="", help="Container of the pods [the only one].")
def command(*, data_dir: str, namespace: str, name: str, **options: Any) -> int:
    """Show what NAME wrote: a workload, with all its pods, or pod/NAME."""
    query = query_of(**options)

    async def work() -> int:
        async with api_of(data_dir) as client:
            pods = await pods_of(client, await find(client, namespace, name))
            if not pods:
                raise CommandError(f"{name} has no pods", "why: bouvier ps")
            return await show(client, pods, query)

    code: int = run_async(work())
    return code


def query_of(
    *, follow: bool, tail: int | None, since_seconds: int | None, previous: bool, timestamps: bool, container: str
) -> dict[str, str]:
    """Return the query of the log request."""
    given = {
        "follow": "true" if follow else "",
        "tailLines": "" if tail is None else str(tail),
        "sinceSeconds": str(since_seconds or ""),
        "previous": "true" if previous else "",
        "timestamps": "true" if timestamps else "",
        "container": container,
    }
    return {field: value for field, value in given.items() if value}


async def show(client: Client, pods: list[Obj], query: dict[str, str]) -> int:
    """Write the logs of the pods, each line after its pod's name when there are several."""
    width = max(len(name_of(pod)) for pod in pods)
    many = len(pods) > 1
    tasks = [_show_one(client, pod, query, f"{name_of(pod).ljust(width)} | " if many else "") for pod in pods]
    results = await asyncio.gather(*tasks) if "follow" in query else [await task for task in tasks]
    return max(results)


async def show_all(client: Client, pods: list[Obj], *, follow: bool, tail: int | None) -> int:
    """Write the logs of every container of the pods, each line after pod and container."""
    base = query_of(follow=follow, tail=tail, since_seconds=None, previous=False, timestamps=False, container="")
    parts = [(pod, one["name"]) for pod in pods for one in pod["spec"]["containers"]]
    width = max(len(f"{name_of(pod)} {name}") for pod, name in parts)
    tasks = [
        _show_one(client, pod, {**base, "container": name}, f"{name_of(pod)} {name}".ljust(width) + " | ")
        for pod, name in parts
    ]
    return max(await asyncio.gather(*tasks) if follow else [await task for task in tasks])


async def _show_one(client: Client, pod: Obj, query: dict[str, str], prefix: str) -> int:
    try:
        async with client.stream("GET", pod_path(pod, "log"), query=query) as chunks:
            rest = b""
            async for chunk in chunks:
                rest = write_lines(rest + chunk, prefix.encode())
            if rest:
                write_lines(rest + b"\n", prefix.encode())
    except ApiError as error:
        if not prefix:
            raise
        if is_deleting(pod):
            return 0  # it is on its way out, and what it wrote may be gone already
        sys.stderr.write(f"{prefix}{error.message}\n")
        return 1
    return 0


def write_lines(data: bytes, prefix: bytes) -> bytes:
    """Write every complete line after the prefix; return what is left of the last one."""
    *lines, rest = data.split(b"\n")
    if lines:
        sys.stdout.buffer.write(b"".join(prefix + line + b"\n" for line in lines))
        sys.stdout.buffer.flush()
    return rest
