"""`bouvier secrets`: the keys with which secrets lie sealed in the store."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data
from bouvier.cli.progress import Progress
from bouvier.client import Client

PATH = "/bouvier/v1/sealing"
POLL_SECONDS = 0.2
SILENCE_SECONDS = 30.0
"""A server that was killed is back in two or three seconds."""
OVER = ("done", "failed", "idle")


@click.group()
def command() -> None:
    """Look at and change the keys with which secrets are sealed in the store."""


@command.command("rotate-key")
@output_option
@data_dir_option
def rotate_key(*, output: str, data_dir: str) -> None:
    """Draw a new key, write everything that is sealed anew, and drop the old key.

    It may be interrupted: the platform goes on by itself, also after a restart, and the same command shows how far it is.
    Keep a copy of pki/seal.keys with each backup: an older backup opens with the keys of its time only.
    """

    async def work() -> dict[str, Any]:
        async with api_of(data_dir) as client:
            return await rotate(client)

    report = run_async(work())
    if report["phase"] == "failed":
        raise CommandError(f"the rotation stopped: {report['message']}", "try again: bouvier secrets rotate-key")
    if output != "table":
        write_data(report, output)
        return
    click.echo(f"{report['rewritten']} objects written anew{_key_words(report)}")


@command.command()
@output_option
@data_dir_option
def status(*, output: str, data_dir: str) -> None:
    """Show which keys there are, and whether a rotation goes on."""

    async def work() -> dict[str, Any]:
        async with api_of(data_dir) as client:
            return dict(await client.request("GET", PATH))

    report = run_async(work())
    if output != "table":
        write_data(report, output)
        return
    click.echo(f"keys: {', '.join(report['keys'])} (the first one writes)")
    click.echo(f"rotation: {words_of(report)}")


async def rotate(client: Client) -> dict[str, Any]:
    """Begin a rotation, or join the one that goes on, and stay until its end."""
    report: dict[str, Any] = await client.request("POST", PATH)
    answered = time.monotonic()
    with Progress() as progress:
        while report["phase"] not in OVER:
            progress.say(words_of(report))
            await asyncio.sleep(POLL_SECONDS)
            try:
                report = await client.request("GET", PATH)
                answered = time.monotonic()
            except ConnectionError:  # the server starts again, and goes on with the rotation
                if time.monotonic() - answered > SILENCE_SECONDS:
                    raise
    return report


def words_of(report: dict[str, Any]) -> str:
    """Return how far a rotation is."""
    if report["phase"] == "rewriting":
        return f"{report['lookedAt']} of {report['total']} objects looked at, {report['rewritten']} written anew"
    if report["phase"] == "compacting":
        return "dropping old states"
    return {"idle": "none since the start", "done": "done", "failed": f"stopped: {report['message']}"}[report["phase"]]


def _key_words(report: dict[str, Any]) -> str:
    if report["usesPlatformKeys"]:
        return f"; the key is {report['keys'][0]} now"
    return "; the keys are those of the file that --encryption-provider-config names"
