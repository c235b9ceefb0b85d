"""Installing, upgrading and rolling back: preview first, then the change, then the wait."""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

import click

from bouvier.cli.catalog import images, listing, previews
from bouvier.cli.catalog.awaiting import wait_release
from bouvier.cli.catalog.remote import chart_text
from bouvier.cli.catalog.wishes import Given, format_of, values_of
from bouvier.cli.errors import CommandError
from bouvier.cli.output import write_data
from bouvier.client import JSON_PATCH, Client
from bouvier.kinds.catalog_v1 import releases
from bouvier.kinds.catalog_v1.release_spec import LONGEST_NAME
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import NAMESPACES

ATTEMPTS = 5
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class Manner(NamedTuple):
    """How a change is made."""

    data_dir: str
    namespace: str
    dry_run: bool = False
    wait: bool = False
    timeout_seconds: float = 0.0
    output: str = "table"


class Upgrade(NamedTuple):
    """How a release is to change."""

    given: Given
    version: str = ""
    chart: str = ""
    repo: str = ""
    reset: bool = False


async def find_release(client: Client, namespace: str, name: str) -> Obj:
    """Return a release.

    Raises:
        CommandError: there is none.
    """
    try:
        return await client.get(releases.RESOURCE, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    raise CommandError(f"there is no release {name} in namespace {namespace}", "what is installed: bouvier catalog ls")


async def ensure_namespace(client: Client, namespace: str) -> None:
    """Make a namespace unless it exists."""
    try:
        await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


async def create(client: Client, name: str, spec: dict[str, Any], manner: Manner) -> None:
    """Make a release.

    Raises:
        CommandError: it is refused; nothing was made.
    """
    _check_name(name)
    status = await previews.preview(client, manner.namespace, name, spec)
    if manner.dry_run:
        _show_preview(status, manner)
        return
    await asyncio.to_thread(images.provide, manner.data_dir, status.get("images") or [])
    body: Obj = {
        "apiVersion": releases.RESOURCE.api_version,
        "kind": releases.RESOURCE.kind,
        "metadata": {"name": name, "namespace": manner.namespace},
        "spec": spec,
    }
    release = await client.create(releases.RESOURCE, body)
    await _conclude(client, release, f"version {status.get('version', '')}", manner)


def _check_name(name: str) -> None:
    if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        raise CommandError(
            f"--name {name}: expected at most {LONGEST_NAME} small letters, digits and hyphens, no hyphen at the ends"
        )


async def change(client: Client, release: Obj, spec: dict[str, Any], manner: Manner) -> None:
    """Give a release another spec.

    Raises:
        CommandError: it is refused; nothing was changed.
    """
    status = await previews.preview(client, manner.namespace, name_of(release), spec)
    if manner.dry_run:
        _show_preview(status, manner)
        return
    await asyncio.to_thread(images.provide, manner.data_dir, status.get("images") or [])
    changed = await _replace_spec(client, release, spec)
    if changed["metadata"]["generation"] == release["metadata"]["generation"] and manner.output == "table":
        click.echo(f"{name_of(release)}: nothing to change")
        return
    await _conclude(client, changed, f"version {status.get('version', '')}", manner)


async def _replace_spec(client: Client, release: Obj, spec: dict[str, Any]) -> Obj:
    """Replace the spec as a whole: a merge would keep values that the new one no longer has.

    A status that was written since the release was read is no reason to refuse; another spec is.
    """
    name, namespace = name_of(release), release["metadata"]["namespace"]
    seen = release
    for _ in range(ATTEMPTS):
        body = [
            {"op": "test", "path": "/metadata/resourceVersion", "value": seen["metadata"]["resourceVersion"]},
            {"op": "replace", "path": "/spec", "value": spec},
        ]
        try:
            return await client.patch(releases.RESOURCE, name, body, namespace=namespace, kind=JSON_PATCH)
        except ApiError as error:
            if error.reason not in ("Invalid", "Conflict"):
                raise
            seen = await client.get(releases.RESOURCE, name, namespace)
            if seen["metadata"]["generation"] != release["metadata"]["generation"]:
                raise
    raise CommandError(f"{name} is being changed by others", "try again")


async def upgraded_spec(client: Client, before: Obj, wish: Upgrade) -> dict[str, Any]:
    """Return the spec of an upgrade: what is not named stays, except the version, which becomes the newest.

    Raises:
        CommandError: values are malformed, or there is nothing to upgrade from.
    """
    spec = {key: value for key, value in before.items() if key not in ("rollbackTo", "version")}
    if wish.chart:
        spec = {key: value for key, value in spec.items() if key not in ("catalog", "entry")}
        spec["archive"] = await chart_text(wish.chart, wish.repo, wish.version)
    if not spec.get("archive") and not spec.get("catalog"):
        raise CommandError("the release was installed from a chart on a machine", "name it again: --chart FOLDER")
    if wish.version and spec.get("catalog"):
        spec["version"] = wish.version
    kept = {} if wish.reset else before.get("values") or {}
    spec["values"] = values_of(wish.given, kept, await format_of(client, spec))
    return spec


def _show_preview(status: Obj, manner: Manner) -> None:
    if manner.output == "table":
        previews.show(status)
    else:
        write_data(status, manner.output)


async def _conclude(client: Client, release: Obj, what: str, manner: Manner) -> None:
    name = name_of(release)
    if manner.wait:
        release = await wait_release(client, release, manner.timeout_seconds)
    if manner.output != "table":
        write_data(listing.release_line(release), manner.output)
        return
    if not manner.wait:
        click.echo(f"{name}: {what} is on its way; see bouvier catalog show {name}")
        return
    status = release["status"]
    click.echo(f"{name}: {what} is ready (revision {status['revision']})")
    if status.get("notes"):
        click.echo(f"\n{status['notes']}")
