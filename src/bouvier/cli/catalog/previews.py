"""Asking the platform what a release would do, before it does it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click

from bouvier.catalog.releases.differences import summary
from bouvier.cli.errors import CommandError
from bouvier.cli.progress import Progress
from bouvier.client import Client
from bouvier.kinds.catalog_v1 import releasepreviews
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

ANSWER_SECONDS = 90.0
POLL_SECONDS = 0.05
SIGNS = {"create": "+", "change": "~", "delete": "-", "keep": "="}
COLOURS = {"+": "green", "-": "red", "@": "cyan"}


async def preview(client: Client, namespace: str, name: str, spec: dict[str, Any]) -> Obj:
    """Return what a release with this spec would do: the status of a preview.

    Raises:
        CommandError: it would be refused.
    """
    body: Obj = {
        "apiVersion": releasepreviews.RESOURCE.api_version,
        "kind": releasepreviews.RESOURCE.kind,
        "metadata": {"generateName": f"{name}-", "namespace": namespace},
        "spec": {"release": name, **spec},
    }
    try:
        made = await client.create(releasepreviews.RESOURCE, body)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        raise CommandError(f"there is no namespace {namespace}", "make it: --create-namespace") from None
    own_name = made["metadata"]["name"]
    try:
        with Progress() as progress:
            progress.say(f"{name}: checking")
            status = await _answer(client, namespace, own_name)
    finally:
        await _discard(client, namespace, own_name)
    if status["phase"] == "Refused":
        raise refusal(name, status.get("errors") or [])
    return status


def refusal(name: str, errors: list[str]) -> CommandError:
    """Return the error for a release that is refused."""
    if len(errors) == 1:
        return CommandError(f"{name}: {errors[0]}", "nothing was changed")
    lines = "".join(f"\n  - {error}" for error in errors)
    return CommandError(f"{name} is refused:{lines}", "nothing was changed")


async def _answer(client: Client, namespace: str, name: str) -> Obj:
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        found = await client.get(releasepreviews.RESOURCE, name, namespace)
        status: Obj = found.get("status") or {}
        if status.get("phase"):
            return status
        await asyncio.sleep(POLL_SECONDS)
    raise CommandError(
        f"the platform does not answer within {ANSWER_SECONDS:.0f} s", "do its controllers run?  bouvier status"
    )


async def _discard(client: Client, namespace: str, name: str) -> None:
    try:
        await client.delete(releasepreviews.RESOURCE, name, namespace)
    except (ApiError, ConnectionError):
        return  # the platform removes it by itself


def show(status: Obj) -> None:
    """Write a preview's changes with their differences."""
    changes = status.get("changes") or []
    for change in changes:
        if change["action"] == "keep":
            continue
        where = f"{change['namespace']}/" if change.get("namespace") else ""
        click.secho(f"{SIGNS[change['action']]} {change['kind']} {where}{change['name']}", bold=True)
        for line in change.get("diff", "").splitlines():
            click.secho(f"    {line}", fg=COLOURS.get(line[:1]))
    for hook in status.get("hooks") or ():
        click.echo(f"! hook {hook}")
    for key in status.get("ignored") or ():
        click.echo(f"? {key} has no effect here")
    click.echo(f"version {status.get('version') or '?'}: {summary(changes)}")
