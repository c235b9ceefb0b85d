"""`bouvier catalog`: applications from catalogs and charts."""

from __future__ import annotations

from typing import Any

import click

from bouvier.catalog.entries import CatalogError, choose, default_version
from bouvier.cli.catalog import changing, listing, sources
from bouvier.cli.catalog.choosing import catalog_source
from bouvier.cli.catalog.release_commands import COMMANDS
from bouvier.cli.catalog.wishes import find_entry
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option, platform_options
from bouvier.cli.output import write_data


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
@output_option
@data_dir_option
def add(*, name: str, source: str, branch: str, path: str, output: str, data_dir: str) -> None:
    """Add a catalog: a Git URL, a folder or a chart repository.

    A folder is read as it stands. `builtin` as source brings back the catalog that the platform came with.
    """

    async def work() -> dict[str, Any]:
        async with api_of(data_dir) as client:
            return await sources.add(client, name, await catalog_source(source, branch, path))

    sources.tell(run_async(work()), output)


@command.command()
@click.argument("name")
@output_option
@data_dir_option
def refresh(*, name: str, output: str, data_dir: str) -> None:
    """Read the source of a catalog again now.

    The platform does so by itself every hour.
    """

    async def work() -> dict[str, Any]:
        async with api_of(data_dir) as client:
            return await sources.refresh(client, name)

    sources.tell(run_async(work()), output)


@command.command("rm")
@click.argument("name")
@output_option
@data_dir_option
def remove(*, name: str, output: str, data_dir: str) -> None:
    """Remove a catalog; what was installed from it stays."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            await sources.remove(client, name)

    run_async(work())
    if output == "table":
        click.echo(f"catalog {name} removed")
    else:
        write_data({"name": name, "removed": True}, output)


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
    """Show an entry with its questions, or a release.

    NAME is CATALOG/ENTRY, or the name of a release.
    """
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
            chosen = choose(obj["spec"]["versions"], version or default_version(obj["spec"]), name)
        except CatalogError as error:
            raise CommandError(str(error)) from None
        listing.write_entry(obj, chosen)


for _each in COMMANDS:
    command.add_command(_each)
