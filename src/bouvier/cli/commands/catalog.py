"""`bouvier catalog`: applications from catalogs and charts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bouvier.catalog.entries import CatalogError, choose
from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.removal import NO_HOOKS
from bouvier.cli.catalog import changing, listing, previews, sources
from bouvier.cli.catalog.awaiting import wait_release_gone
from bouvier.cli.catalog.changing import Manner
from bouvier.cli.catalog.choosing import catalog_source, previous_revision
from bouvier.cli.catalog.wishes import Given, find_entry, format_of, source_of, values_of
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, platform_options, wait_options
from bouvier.cli.output import write_data
from bouvier.kinds.catalog_v1 import catalogs, releases

Command = Callable[..., Any]


def values_options(command: Command) -> Command:
    """Add the ways to give values, gathered in the argument `given`."""

    def gathered(assignments: tuple[str, ...], texts: tuple[str, ...], files: tuple[Path, ...], **others: Any) -> Any:
        return command(given=Given(assignments, texts, files), **others)

    gathered.__doc__ = command.__doc__
    gathered.__name__ = command.__name__
    gathered.__dict__.update(command.__dict__)
    file_type = click.Path(path_type=Path)
    options = (
        click.option("--values", "-f", "files", multiple=True, type=file_type, metavar="FILE", help="Values in YAML."),
        click.option("--set-string", "texts", multiple=True, metavar="KEY=TEXT", help="A value that stays a text."),
        click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="A value, or an answer."),
    )
    decorated: Command = gathered
    for option in options:
        decorated = option(decorated)
    return decorated


def upgrade_options(command: Command) -> Command:
    """Add what says how a release is to change."""
    options = (
        click.option("--reset-values", is_flag=True, help="Begin from the defaults in place of the values it has."),
        click.option("--chart", default="", metavar="CHART", help="A chart's folder or .tgz file to change to."),
        click.option("--version", default="", help="Version [newest]."),
    )
    for option in options:
        command = option(command)
    return command


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
        async with api_of(data_dir) as client:
            await sources.add(client, name, await catalog_source(source, branch, path))

    run_async(work())


@command.command()
@click.argument("name")
@data_dir_option
def refresh(*, name: str, data_dir: str) -> None:
    """Read the source of the catalog NAME again."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            await sources.refresh(client, name)

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
    catalog, slash, entry = name.partition("/")

    async def work() -> Any:
        async with api_of(data_dir) as client:
            if slash:
                return await find_entry(client, catalog, entry)
            return await changing.find_release(client, namespace, name)

    obj = run_async(work())
    if output != "table":
        write_data(obj, output)
    elif not slash:
        listing.write_release(obj)
    else:
        try:
            chosen = choose(obj["spec"]["versions"], version or obj["spec"].get("defaultVersion", ""), name)
        except CatalogError as error:
            raise CommandError(str(error)) from None
        listing.write_entry(obj, chosen)


@command.command()
@click.argument("source", metavar="CATALOG/ENTRY|CHART")
@click.option("--name", "name", required=True, metavar="RELEASE", help="Name of the release.")
@click.option("--version", default="", help="Version [newest].")
@click.option("--create-namespace", is_flag=True, help="Make the namespace if it does not exist.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@values_options
@platform_options
@wait_options
def install(*, source: str, name: str, version: str, create_namespace: bool, given: Given, **manner: Any) -> None:
    """Install an entry of a catalog, or a chart's folder or .tgz file, as RELEASE."""

    async def work() -> None:
        how = Manner(**manner)
        spec = source_of(source) | ({"version": version} if version else {})
        async with api_of(how.data_dir) as client:
            spec["values"] = values_of(given, {}, await format_of(client, spec))
            if create_namespace and not how.dry_run:
                await changing.ensure_namespace(client, how.namespace)
            await changing.create(client, name, spec, how)

    run_async(work())


@command.command()
@click.argument("name", metavar="RELEASE")
@upgrade_options
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@values_options
@platform_options
@wait_options
def upgrade(*, name: str, version: str, chart: str, reset_values: bool, given: Given, **manner: Any) -> None:
    """Bring RELEASE to another version or to other values; values that are not named stay."""

    async def work() -> None:
        how = Manner(**manner)
        async with api_of(how.data_dir) as client:
            release = await changing.find_release(client, how.namespace, name)
            spec = await changing.upgraded_spec(
                client, release["spec"], given, version=version, chart=chart, reset=reset_values
            )
            await changing.change(client, release, spec, how)

    run_async(work())


@command.command()
@click.argument("name", metavar="RELEASE")
@upgrade_options
@values_options
@platform_options
@output_option
def diff(
    *,
    name: str,
    version: str,
    chart: str,
    reset_values: bool,
    given: Given,
    data_dir: str,
    namespace: str,
    output: str,
) -> None:
    """Show what an upgrade of RELEASE would change, object by object."""

    async def work() -> Any:
        async with api_of(data_dir) as client:
            release = await changing.find_release(client, namespace, name)
            spec = await changing.upgraded_spec(
                client, release["spec"], given, version=version, chart=chart, reset=reset_values
            )
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
def rollback(*, name: str, number: int | None, **manner: Any) -> None:
    """Let RELEASE be again as it was at an earlier revision."""

    async def work() -> None:
        how = Manner(**manner)
        async with api_of(how.data_dir) as client:
            release = await changing.find_release(client, how.namespace, name)
            target = previous_revision(await History(client).read(how.namespace, name), number, name)
            spec = {**target.spec, "values": target.values, "rollbackTo": target.number}
            await changing.change(client, release, spec, how)

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
            await changing.find_release(client, namespace, name)
            if no_hooks:
                body = {"metadata": {"annotations": {NO_HOOKS: "true"}}}
                await client.patch(releases.RESOURCE, name, body, namespace=namespace)
            await client.delete(releases.RESOURCE, name, namespace)
            if wait:
                await wait_release_gone(client, namespace, name, timeout_seconds)
        click.echo(f"{name} {'removed' if wait else 'is being removed'}")

    run_async(work())
