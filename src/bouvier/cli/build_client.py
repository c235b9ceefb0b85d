"""What the build commands ask of the API: starting, following, waiting, uploading."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from bouvier.builds.sources.context import write_archive
from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.client import Client
from bouvier.client.http.messages import decode
from bouvier.kinds.build_v1.builds import build_number, config_name, is_final, phase_of
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import BUILDCONFIGS, BUILDS

POLL_SECONDS = 0.2
UPLOAD_SECONDS = 180.0
LARGEST_UPLOAD_BYTES = 128 * 1024 * 1024


async def start_build(client: Client, namespace: str, name: str) -> Obj:
    """Start the next build of a configuration.

    Raises:
        CommandError: there is no such configuration.
    """
    request = {"apiVersion": BUILDS.api_version, "kind": "BuildRequest", "metadata": {"name": name}}
    try:
        return await client.create(BUILDCONFIGS, request, namespace=namespace, name=name, subresource="instantiate")
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        raise CommandError(f"there is no build configuration {name} in {namespace}", "see: bouvier build ls") from None


async def upload(client: Client, namespace: str, name: str, folder: Path) -> Obj:
    """Start a build of the files in a folder.

    Raises:
        CommandError: they are too many.
    """
    with tempfile.TemporaryDirectory(prefix="bouvier-upload-") as place:
        archive = Path(place) / "source.tar"
        await asyncio.to_thread(write_archive, folder, archive)
        size = archive.stat().st_size
        if size > LARGEST_UPLOAD_BYTES:
            raise CommandError(
                f"{folder} has {size >> 20} MB: at most {LARGEST_UPLOAD_BYTES >> 20} MB can be uploaded",
                "make it a Git repository: git init, git add, git commit",
            )
        body = await asyncio.to_thread(archive.read_bytes)
    path = BUILDCONFIGS.path(namespace, name, "instantiatebinary")
    answer = await client.raw(
        "POST", path, body=body, content_type="application/octet-stream", answer_seconds=UPLOAD_SECONDS
    )
    made: Obj = decode(answer)
    return made


async def find_build(client: Client, namespace: str, name: str) -> Obj:
    """Return the build of that name, or the newest one of the configuration of that name.

    Raises:
        CommandError: there is none.
    """
    try:
        return await client.get(BUILDS, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    builds = [one for one in (await client.list_all(BUILDS, namespace)).items if config_name(one) == name]
    if not builds:
        raise CommandError(f"there is no build {name} in {namespace}", "see what there is: bouvier build ls")
    return max(builds, key=build_number)


async def wait_build(
    client: Client, namespace: str, name: str, timeout_seconds: float, progress: Progress | None = None
) -> Obj:
    """Wait until a build is complete and return it.

    Raises:
        CommandError: it ended otherwise, or takes longer than allowed.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            build = await client.get(BUILDS, name, namespace)
        except ApiError as error:
            if error.reason != "NotFound" or time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
            continue
        if phase_of(build) == "Complete":
            return build
        if is_final(build):
            raise CommandError(*_ending(build, name, namespace))
        if progress is not None:
            progress.say(f"{name}: {_doing(build)}")
        if time.monotonic() > deadline:
            raise CommandError(
                f"build {name} is still {phase_of(build)} after {timeout_seconds:.0f} s",
                f"see what it does: bouvier build logs -f {name}",
            )
        await asyncio.sleep(POLL_SECONDS)


def _doing(build: Obj) -> str:
    done = [f"{stage['name']} {stage['durationMilliseconds'] / 1000:.1f} s" for stage in stages_of(build)]
    return ", ".join([phase_of(build).lower(), *done])


def stages_of(build: Obj) -> list[Obj]:
    """Return the stages that are done."""
    return list((build.get("status") or {}).get("stages") or ())


def _ending(build: Obj, name: str, namespace: str) -> tuple[str, str]:
    status = build.get("status") or {}
    text = f"build {name} {phase_of(build).lower()}: {status.get('message') or status.get('reason') or ''}"
    snippet = "".join(f"\n  | {line}" for line in (status.get("logSnippet") or "").splitlines())
    return text + snippet, f"the whole log: bouvier build logs {name} --namespace {namespace}"


async def follow_build(client: Client, namespace: str, name: str, sink: BinaryIO, timeout_seconds: float) -> None:
    """Copy a build's log as it is written, waiting for the build to begin."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            await show_log(client, namespace, name, sink, follow=True)
        except ApiError as error:
            if error.reason not in ("Timeout", "NotFound") or time.monotonic() > deadline:
                raise
            await asyncio.sleep(POLL_SECONDS)
        else:
            return


async def show_log(client: Client, namespace: str, name: str, sink: BinaryIO, *, follow: bool) -> None:
    """Copy a build's log."""
    query = {"follow": "true"} if follow else {}
    async with client.stream("GET", BUILDS.path(namespace, name, "log"), query=query) as pieces:
        async for piece in pieces:
            sink.write(piece)
            sink.flush()
