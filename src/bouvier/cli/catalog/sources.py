"""Adding, refreshing and removing catalogs."""

from __future__ import annotations

from typing import Any

import click

from bouvier.catalog.releases.names import REFRESH
from bouvier.cli.catalog.awaiting import wait_catalog
from bouvier.cli.catalog.listing import catalog_line
from bouvier.cli.errors import CommandError
from bouvier.cli.output import write_data
from bouvier.client import Client
from bouvier.kinds.catalog_v1 import catalogs
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, condition_of
from bouvier.util.clock import now_micro_text

READ_SECONDS = 330.0
"""Somewhat longer than git may take."""


async def add(client: Client, name: str, source: dict[str, Any]) -> dict[str, Any]:
    """Make a catalog, wait until it was read, and return what is shown of it; one that cannot be read is not kept.

    Raises:
        CommandError: it cannot be read.
    """
    body: Obj = {
        "apiVersion": catalogs.RESOURCE.api_version,
        "kind": catalogs.RESOURCE.kind,
        "metadata": {"name": name},
        "spec": {"source": source},
    }
    await client.create(catalogs.RESOURCE, body)
    catalog = await wait_catalog(client, name, READ_SECONDS, lambda one: condition_of(one, "Ready") is not None)
    failure = _failure(catalog)
    if failure:
        await client.delete(catalogs.RESOURCE, name)
        raise CommandError(f"{name} was not added: {failure}")
    return catalog_line(catalog)


async def refresh(client: Client, name: str) -> dict[str, Any]:
    """Have a catalog read again; return what is shown of it.

    Raises:
        CommandError: it cannot be read; its entries stay as they were.
    """
    body = {"metadata": {"annotations": {REFRESH: now_micro_text()}}}
    try:
        marked = await client.patch(catalogs.RESOURCE, name, body)
    except ApiError as error:
        raise _unknown(name, error) from None
    mark = marked["metadata"]["annotations"][REFRESH]
    catalog = await wait_catalog(client, name, READ_SECONDS, lambda one: one.get("status", {}).get("mark") == mark)
    failure = _failure(catalog)
    if failure:
        raise CommandError(f"{name}: {failure}", "its entries are those of the last reading")
    return catalog_line(catalog)


async def remove(client: Client, name: str) -> None:
    """Remove a catalog.

    Raises:
        CommandError: there is none.
    """
    try:
        await client.delete(catalogs.RESOURCE, name)
    except ApiError as error:
        raise _unknown(name, error) from None


def _unknown(name: str, error: ApiError) -> Exception:
    if error.reason != "NotFound":
        return error
    return CommandError(f"there is no catalog {name}", "what there is: bouvier catalog ls")


def _failure(catalog: Obj) -> str:
    condition = condition_of(catalog, "Ready") or {}
    return "" if condition.get("status") == "True" else str(condition.get("message"))


def tell(line: dict[str, Any], output: str) -> None:
    """Write what was read."""
    if output != "table":
        write_data(line, output)
        return
    click.echo(f"catalog {line['name']}: {line['entries']} entries ({line['layout']})")
    for problem in line["problems"]:
        click.echo(f"  left out: {problem}", err=True)
