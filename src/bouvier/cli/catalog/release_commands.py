"""The commands of `bouvier catalog` that are about releases."""

from __future__ import annotations

from typing import Any

import click

from bouvier.catalog.releases.history import History
from bouvier.catalog.releases.removal import NO_HOOKS
from bouvier.cli.catalog import changing, listing, previews
from bouvier.cli.catalog.awaiting import wait_release_gone
from bouvier.cli.catalog.changing import Manner, Upgrade
from bouvier.cli.catalog.choosing import previous_revision
from bouvier.cli.catalog.options import manner_options, upgrade_options, values_options
from bouvier.cli.catalog.remote import source_of
from bouvier.cli.catalog.wishes import Given, format_of, values_of
from bouvier.cli.connect import api_of, run_async
from bouvier.cli.options import output_option, platform_options
from bouvier.cli.output import write_data
from bouvier.kinds.catalog_v1 import releases


@click.command()
@click.argument("source", metavar="CATALOG/ENTRY|CHART")
@click.option("--name", "name", required=True, metavar="RELEASE", help="Name of the release.")
@click.option("--version", default="", help="Version [newest].")
@click.option("--repo", default="", metavar="URL", help="Chart repository that CHART is the name of a chart of.")
@click.option("--create-namespace", is_flag=True, help="Make the namespace if it does not exist.")
@click.option("--dry-run", is_flag=True, help="Show what would be made, and make nothing.")
@values_options
@manner_options
def install(
    *, source: str, name: str, version: str, repo: str, create_namespace: bool, given: Given, **manner: Any
) -> None:
    """Install an entry of a catalog, or a chart.

    A chart is a folder, a .tgz file, the URL of one, or a name with --repo.

    \b
    bouvier catalog install library/postgresql --name db --set user=shop --set database=shop --wait
    bouvier catalog install ./chart --name site --values site.yaml --wait
    """  # noqa: D301 - \b is click's mark for lines kept as they are

    async def work() -> None:
        how = Manner(**manner)
        spec = await source_of(source, repo, version)
        async with api_of(how.data_dir) as client:
            spec["values"] = values_of(given, {}, await format_of(client, spec))
            if create_namespace and not how.dry_run:
                await changing.ensure_namespace(client, how.namespace)
            await changing.create(client, name, spec, how)

    run_async(work())


@click.command()
@click.argument("name", metavar="RELEASE")
@upgrade_options
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@values_options
@manner_options
def upgrade(*, name: str, version: str, chart: str, repo: str, reset_values: bool, given: Given, **manner: Any) -> None:
    """Bring a release to another version or other values.

    Values that are not named stay as they are.
    """

    async def work() -> None:
        how = Manner(**manner)
        async with api_of(how.data_dir) as client:
            release = await changing.find_release(client, how.namespace, name)
            wish = Upgrade(given, version, chart, repo, reset_values)
            spec = await changing.upgraded_spec(client, release["spec"], wish)
            await changing.change(client, release, spec, how)

    run_async(work())


@click.command()
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
    repo: str,
    reset_values: bool,
    given: Given,
    data_dir: str,
    namespace: str,
    output: str,
) -> None:
    """Show what an upgrade would change, object by object.

    Values of Secrets and answers that are passwords are masked.
    """

    async def work() -> Any:
        async with api_of(data_dir) as client:
            release = await changing.find_release(client, namespace, name)
            wish = Upgrade(given, version, chart, repo, reset_values)
            spec = await changing.upgraded_spec(client, release["spec"], wish)
            return await previews.preview(client, namespace, name, spec)

    status = run_async(work())
    if output == "table":
        previews.show(status)
    else:
        write_data(status, output)


@click.command()
@click.argument("name", metavar="RELEASE")
@click.option("--to", "number", type=click.IntRange(min=1), metavar="REVISION", help="Revision [the one before].")
@click.option("--dry-run", is_flag=True, help="Show the difference, and change nothing.")
@manner_options
def rollback(*, name: str, number: int | None, **manner: Any) -> None:
    """Let a release be as it was at an earlier revision.

    Whatever has become of its catalog: each revision is kept with what it made.
    """

    async def work() -> None:
        how = Manner(**manner)
        async with api_of(how.data_dir) as client:
            release = await changing.find_release(client, how.namespace, name)
            target = previous_revision(await History(client).read(how.namespace, name), number, name)
            spec = {**target.spec, "values": target.values, "rollbackTo": target.number}
            await changing.change(client, release, spec, how)

    run_async(work())


@click.command()
@click.argument("name", metavar="RELEASE")
@platform_options
@output_option
def history(*, name: str, data_dir: str, namespace: str, output: str) -> None:
    """List the revisions of a release."""

    async def work() -> list[dict[str, Any]]:
        async with api_of(data_dir) as client:
            release = await changing.find_release(client, namespace, name)
            return list((release.get("status") or {}).get("history") or ())

    lines = run_async(work())
    if output == "table":
        listing.write_history(lines)
    else:
        write_data(lines, output)


@click.command()
@click.argument("name", metavar="RELEASE")
@click.option("--no-hooks", is_flag=True, help="Pass over the hooks that run before and after.")
@manner_options
def uninstall(
    *,
    name: str,
    no_hooks: bool,
    data_dir: str,
    namespace: str,
    wait: bool,
    timeout_seconds: float,
    output: str,
) -> None:
    """Remove a release with everything that it made.

    Objects marked `helm.sh/resource-policy: keep` stay, such as the volumes of databases.
    """

    async def work() -> None:
        async with api_of(data_dir) as client:
            await changing.find_release(client, namespace, name)
            if no_hooks:
                body = {"metadata": {"annotations": {NO_HOOKS: "true"}}}
                await client.patch(releases.RESOURCE, name, body, namespace=namespace)
            await client.delete(releases.RESOURCE, name, namespace)
            if wait:
                await wait_release_gone(client, namespace, name, timeout_seconds)

    run_async(work())
    if output == "table":
        click.echo(f"{name} {'removed' if wait else 'is being removed'}")
    else:
        write_data({"name": name, "namespace": namespace, "removed": wait}, output)


COMMANDS = (install, upgrade, diff, rollback, history, uninstall)
