"""`bouvier catalog`: applications from catalogs and charts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bouvier.catalog.entries import CatalogError, choose
from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.names import REFRESH
from bouvier.catalog.releases.removal import NO_HOOKS
from bouvier.cli.catalog import images, listing, previews
from bouvier.cli.catalog.awaiting import wait_catalog, wait_release, wait_release_gone
from bouvier.cli.catalog.choosing import catalog_source, previous_revision
from bouvier.cli.catalog.wishes import Given, archive_text, find_entry, format_of, source_of, values_of
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, platform_options, wait_options
from bouvier.cli.output import write_data
from bouvier.client import JSON_PATCH, Client
from bouvier.kinds.catalog_v1 import catalogs, releases
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of
from bouvier.meta.resources import NAMESPACES
from bouvier.util.clock import now_micro_text

READ_SECONDS = 330.0
"""Somewhat longer than git may take."""
Command = Callable[..., Any]


def values_options(command: Command) -> Command:
    """Add the ways to give values."""
    command = click.option(
        "--values",
        "-f",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Values in YAML.",
    )(command)
    command = click.option(
        "--set-string", "texts", multiple=True, metavar="KEY=TEXT", help="A value that stays a text."
    )(command)
    return click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="A value, or an answer.")(
        command
    )


@click.group()
def command() -> None:
    """Install applications from catalogs in Git, folders and chart repositories.

    \b
    bouvier catalog ls
    bouvier catalog install library/sample --name hello --set host=hello.localhost --wait
    """  # noqa: D301 - \b is click's mark for lines kept as they are


@command.command()
@click.argument("name")
@click.argument("source")
@click.option("--branch", default="", help="Branch or tag of a Git repository.")
@click.option("--path", default="", help="Folder within a Git repository.")
@data_dir_option
def add(*, name: str, source: str, branch: str, path: str, data_dir: str) -> None:
    """Add the catalog NAME from a Git URL, a folder or a chart repository's URL."""

    async def work() -> None:
        spec = {"source": await catalog_source(source, branch, path)}
        body: Obj = {
            "apiVersion": catalogs.RESOURCE.api_version,
            "kind": "Catalog",
            "metadata": {"name": name},
            "spec": spec,
        }
        async with api_of(data_dir) as client:
            await client.create(catalogs.RESOURCE, body)
            catalog = await wait_catalog(client, name, READ_SECONDS, lambda one: condition_of(one, "Ready") is not None)
            condition = condition_of(catalog, "Ready") or {}
            if condition.get("status") != "True":
                await client.delete(catalogs.RESOURCE, name)
                raise CommandError(f"{name} was not added: {condition.get('message')}")
            _say_read(catalog)

    run_async(work())


def _say_read(catalog: Obj) -> None:
    line = listing.catalog_line(catalog)
    click.echo(f"catalog {line['name']}: {line['entries']} entries ({line['layout']})")
    for problem in line["problems"]:
        click.echo(f"  left out: {problem}", err=True)


@command.command()
@click.argument("name")
@data_dir_option
def refresh(*, name: str, data_dir: str) -> None:
    """Read the source of the catalog NAME again."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            before = (await client.get(catalogs.RESOURCE, name))["metadata"]["resourceVersion"]
            mark = now_micro_text()
            marked = await client.patch(catalogs.RESOURCE, name, {"metadata": {"annotations": {REFRESH: mark}}})
            versions = (before, marked["metadata"]["resourceVersion"])
            catalog = await wait_catalog(
                client, name, READ_SECONDS, lambda one: one["metadata"]["resourceVersion"] not in versions
            )
            condition = condition_of(catalog, "Ready") or {}
            if condition.get("status") != "True":
                raise CommandError(f"{name}: {condition.get('message')}", "its entries are those of the last reading")
            _say_read(catalog)

    run_async(work())


@command.command("rm")
@click.argument("name")
@data_dir_option
def remove(*, name: str, data_dir: str) -> None:
    """Remove the catalog NAME; what was installed from it stays."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            await client.delete(catalogs.RESOURCE, name)
        click.echo(f"catalog {name} removed")

    run_async(work())


@command.command("ls")
@output_option
@data_dir_option
def list_all(*, output: str, data_dir: str) -> None:
    """List catalogs, what they offer, and what is installed."""

    async def work() -> dict[str, Any]:
        async with api_of(data_dir) as client:
            return await listing.overview(client)

    lines = run_async(work())
    if output == "table":
        listing.write_overview(lines)
    else:
        write_data(lines, output)


@command.command()
@click.argument("name")
@click.option("--version", default="", help="A version of an entry.")
@output_option
@platform_options
def show(*, name: str, version: str, output: str, data_dir: str, namespace: str) -> None:
    """Show an entry (CATALOG/ENTRY) with its questions, or a release with its history."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            catalog, slash, entry = name.partition("/")
            obj = await (find_entry(client, catalog, entry) if slash else _release(client, namespace, name))
        if output != "table":
            write_data(obj, output)
        elif slash:
            try:
                chosen = choose(obj["spec"]["versions"], version or obj["spec"].get("defaultVersion", ""), name)
            except CatalogError as error:
                raise CommandError(str(error)) from None
            listing.write_entry(obj, chosen)
        else:
            listing.write_release(obj)

    run_async(work())


async def _release(client: Client, namespace: str, name: str) -> Obj:
    try:
        return await client.get(releases.RESOURCE, name, namespace)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
    raise CommandError(f"there is no release {name} in namespace {namespace}", "what is installed: bouvier catalog ls")


@command.command()
@click.argument("source", metavar="CATALOG/ENTRY|CHART")
@click.option("--name", "name", required=True, metavar="RELEASE", help="Name of the release.")
@click.option("--version", default="", help="Version [newest].")
@click.option("--create-namespace", is_flag=True, help="Make the namespace if it does not exist.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@values_options
@platform_options
@wait_options
def install(
    *,
    source: str,
    name: str,
    version: str,
    create_namespace: bool,
    dry_run: bool,
    assignments: tuple[str, ...],
    texts: tuple[str, ...],
    files: tuple[Path, ...],
    data_dir: str,
    namespace: str,
    wait: bool,
    timeout_seconds: float,
) -> None:
    """Install an entry of a catalog, or a chart's folder or .tgz file, as RELEASE."""

    async def work() -> None:
        spec = source_of(source) | ({"version": version} if version else {})
        async with api_of(data_dir) as client:
            kind = await format_of(client, spec)
            spec["values"] = values_of(Given(assignments, texts, files), {}, kind)
            if create_namespace and not dry_run:
                await _ensure_namespace(client, namespace)
            status = await previews.preview(client, namespace, name, spec)
            if dry_run:
                previews.show(status)
                return
            await asyncio.to_thread(images.provide, data_dir, status.get("images") or [])
            body: Obj = {
                "apiVersion": releases.RESOURCE.api_version,
                "kind": "Release",
                "metadata": {"name": name, "namespace": namespace},
                "spec": spec,
            }
            release = await client.create(releases.RESOURCE, body)
            await _conclude(client, release, f"{source} {status.get('version', '')}", wait, timeout_seconds)

    run_async(work())


async def _ensure_namespace(client: Client, namespace: str) -> None:
    try:
        await client.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise


async def _conclude(client: Client, release: Obj, what: str, wait: bool, timeout_seconds: float) -> None:  # noqa: FBT001
    name = release["metadata"]["name"]
    if not wait:
        click.echo(f"{name}: {what} is on its way; see bouvier catalog show {name}")
        return
    release = await wait_release(client, release, timeout_seconds)
    status = release["status"]
    click.echo(f"{name}: {what} is ready (revision {status['revision']})")
    if status.get("notes"):
        click.echo(f"\n{status['notes']}")


@command.command()
@click.argument("name", metavar="RELEASE")
@click.option("--version", default="", help="Version [newest].")
@click.option("--chart", default="", metavar="CHART", help="A chart's folder or .tgz file to change to.")
@click.option("--reset-values", is_flag=True, help="Begin from the defaults in place of the values it has.")
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@values_options
@platform_options
@wait_options
def upgrade(
    *,
    name: str,
    version: str,
    chart: str,
    reset_values: bool,
    dry_run: bool,
    assignments: tuple[str, ...],
    texts: tuple[str, ...],
    files: tuple[Path, ...],
    data_dir: str,
    namespace: str,
    wait: bool,
    timeout_seconds: float,
) -> None:
    """Bring RELEASE to another version or to other values; values that are not named stay."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            release = await _release(client, namespace, name)
            spec = await _upgraded(
                client, release["spec"], version, chart, Given(assignments, texts, files), reset=reset_values
            )
            await _change(client, release, spec, data_dir, "upgrade", wait, timeout_seconds, dry_run=dry_run)

    run_async(work())


async def _upgraded(
    client: Client, before: Obj, version: str, chart: str, given: Given, *, reset: bool
) -> dict[str, Any]:
    spec = {key: value for key, value in before.items() if key not in ("rollbackTo", "version")}
    if chart:
        spec = {key: value for key, value in spec.items() if key not in ("catalog", "entry")}
        spec["archive"] = archive_text(Path(chart).expanduser())
    if not spec.get("archive") and not spec.get("catalog"):
        raise CommandError("the release was installed from a chart on a machine", "name it again: --chart FOLDER")
    if version:
        spec["version"] = version
    spec["values"] = values_of(given, {} if reset else before.get("values") or {}, await format_of(client, spec))
    return spec


async def _change(
    client: Client,
    release: Obj,
    spec: dict[str, Any],
    data_dir: str,
    verb: str,
    wait: bool,  # noqa: FBT001
    timeout_seconds: float,
    *,
    dry_run: bool = False,
) -> None:
    metadata = release["metadata"]
    status = await previews.preview(client, metadata["namespace"], metadata["name"], spec)
    if dry_run:
        previews.show(status)
        return
    await asyncio.to_thread(images.provide, data_dir, status.get("images") or [])
    # A value that names are removed from: a merge patch would keep them. Nobody else's change is overwritten.
    body = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
        {"op": "replace", "path": "/spec", "value": spec},
    ]
    changed = await _patched(client, metadata, body, spec)
    if changed["metadata"]["generation"] == metadata["generation"]:
        click.echo(f"{metadata['name']}: nothing to change")
        return
    await _conclude(client, changed, f"{verb} to version {status.get('version', '')}", wait, timeout_seconds)


async def _patched(client: Client, metadata: Obj, body: list[Obj], spec: dict[str, Any]) -> Obj:
    """Replace the spec; a status that was written since the release was read is no reason to refuse."""
    for _ in range(5):
        try:
            return await client.patch(
                releases.RESOURCE, metadata["name"], body, namespace=metadata["namespace"], kind=JSON_PATCH
            )
        except ApiError as error:
            now = await client.get(releases.RESOURCE, metadata["name"], metadata["namespace"])
            if now["metadata"]["generation"] != metadata["generation"] or error.reason not in ("Invalid", "Conflict"):
                raise
            body[0]["value"] = now["metadata"]["resourceVersion"]
    raise CommandError(f"{metadata['name']} is being changed by others", "try again")


@command.command()
@click.argument("name", metavar="RELEASE")
@click.option("--version", default="", help="Version [newest].")
@click.option("--chart", default="", metavar="CHART", help="A chart's folder or .tgz file to change to.")
@click.option("--reset-values", is_flag=True, help="Begin from the defaults in place of the values it has.")
@values_options
@platform_options
@output_option
def diff(
    *,
    name: str,
    version: str,
    chart: str,
    reset_values: bool,
    assignments: tuple[str, ...],
    texts: tuple[str, ...],
    files: tuple[Path, ...],
    data_dir: str,
    namespace: str,
    output: str,
) -> None:
    """Show what an upgrade of RELEASE would change, object by object."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            release = await _release(client, namespace, name)
            given = Given(assignments, texts, files)
            spec = await _upgraded(client, release["spec"], version, chart, given, reset=reset_values)
            return await previews.preview(client, namespace, name, spec)

    status = run_async(work())
    if output == "table":
        previews.show(status)
    else:
        write_data(status, output)


@command.command()
@click.argument("name", metavar="RELEASE")
@click.option("--to", "number", type=click.IntRange(min=1), metavar="REVISION", help="Revision [the one before].")
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@platform_options
@wait_options
def rollback(
    *,
    name: str,
    number: int | None,
    dry_run: bool,
    data_dir: str,
    namespace: str,
    wait: bool,
    timeout_seconds: float,
) -> None:
    """Let RELEASE be again as it was at an earlier revision."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            release = await _release(client, namespace, name)
            target = previous_revision(await History(client).read(namespace, name), number, name)
            spec = {**target.spec, "values": target.values, "rollbackTo": target.number}
            what = f"rollback to revision {target.number},"
            await _change(client, release, spec, data_dir, what, wait, timeout_seconds, dry_run=dry_run)

    run_async(work())


@command.command()
@click.argument("name", metavar="RELEASE")
@click.option("--no-hooks", is_flag=True, help="Pass over the hooks that run before and after.")
@platform_options
@wait_options
def uninstall(*, name: str, no_hooks: bool, data_dir: str, namespace: str, wait: bool, timeout_seconds: float) -> None:
    """Remove RELEASE with everything that it made."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            await _release(client, namespace, name)
            if no_hooks:
                body = {"metadata": {"annotations": {NO_HOOKS: "true"}}}
                await client.patch(releases.RESOURCE, name, body, namespace=namespace)
            await client.delete(releases.RESOURCE, name, namespace)
            if wait:
                await wait_release_gone(client, namespace, name, timeout_seconds)
        click.echo(f"{name} {'removed' if wait else 'is being removed'}")

    run_async(work())
