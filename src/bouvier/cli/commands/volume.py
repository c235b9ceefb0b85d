"""`bouvier volume`: lasting data: see it, keep it, put it back, copy it, remove it."""

from __future__ import annotations

from typing import Any

import click

from bouvier.cli.connect import api_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import output_option, platform_options
from bouvier.cli.output import write_data, write_table
from bouvier.cli.volumes import changing, listing
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS

TIMEOUT_SECONDS = 60.0
_timeout = click.option(
    "--timeout", "timeout_seconds", type=float, default=TIMEOUT_SECONDS, metavar="SECONDS", help="Longest wait [60]."
)


@click.group()
def command() -> None:
    """See, make, snapshot, revert, clone and remove lasting volumes.

    A volume is known by its claim. Deleting a claim keeps the volume and its data, unless the storage class or --data says
    otherwise; kept ones are listed with their former claim in brackets.
    """


@command.command()
@click.option("--all", "-A", "everywhere", is_flag=True, help="Of all namespaces.")
@output_option
@platform_options
def ls(*, everywhere: bool, output: str, data_dir: str, namespace: str) -> None:
    """List claims and kept volumes."""
    place = "" if everywhere else namespace

    async def work() -> list[dict[str, Any]]:
        async with api_of(data_dir) as client:
            return listing.entries(await listing.fetch(client, place), place)

    found: list[dict[str, Any]] = run_async(work())
    if output != "table":
        write_data({"volumes": found}, output)
        return
    write_table(listing.COLUMNS, [listing.row(entry) for entry in found], empty="there are no claims and no volumes")


@command.command()
@click.argument("claim")
@output_option
@platform_options
def show(*, claim: str, output: str, data_dir: str, namespace: str) -> None:
    """Show a claim: its volume, snapshots and what happened to it."""

    async def work() -> dict[str, Any]:
        async with api_of(data_dir) as client:
            return await listing.story(client, namespace, claim)

    told: dict[str, Any] = run_async(work())
    if output != "table":
        write_data(told, output)
        return
    for key in ("claim", "state", "size", "class", "host", "volume", "policy"):
        click.echo(f"{key + ':':9} {told[key]}")
    click.echo(f"used by:  {', '.join(told['usedBy']) or 'nobody'}")
    rows = [
        (s["name"], s["taken"], s["size"], s["error"] or ("ready" if s["ready"] else "")) for s in told["snapshots"]
    ]
    write_table(("SNAPSHOT", "TAKEN", "SIZE", "STATE"), rows, empty="no snapshots")
    for event in told["events"]:
        click.echo(f"{event['time']}  {event['reason']}: {event['message']}")


@command.command()
@click.argument("name")
@click.option("--size", default="1Gi", metavar="SIZE", help="Such as 500Mi or 10Gi [default: 1Gi].")
@click.option(
    "--class", "storage_class", default=None, metavar="NAME", help="Storage class [default: the default one]."
)
@click.option("--mode", "modes", multiple=True, default=("ReadWriteOnce",), help="Access mode [ReadWriteOnce].")
@output_option
@platform_options
def create(
    *,
    name: str,
    size: str,
    storage_class: str | None,
    modes: tuple[str, ...],
    output: str,
    data_dir: str,
    namespace: str,
) -> None:
    """Make a claim; its volume is made on the host of the first pod that uses it."""
    body = changing.new_claim(namespace, name, size, storage_class, modes)
    _show(_create(data_dir, body), output, f"volume/{name} asked for")


def _create(data_dir: str, body: Obj) -> Obj:
    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await client.create(PERSISTENTVOLUMECLAIMS, body)

    made: Obj = run_async(work())
    return made


@command.command()
@click.argument("claim")
@click.option("--name", default="", help="Name of the snapshot [default: the claim's name and some letters].")
@_timeout
@output_option
@platform_options
def snapshot(*, claim: str, name: str, timeout_seconds: float, output: str, data_dir: str, namespace: str) -> None:
    """Keep the present state of a claim (class btrfs)."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await changing.take_snapshot(client, namespace, claim, name, timeout_seconds)

    made: Obj = run_async(work())
    _show(made, output, f"snapshot/{name_of(made)} taken of {claim}")


@command.command()
@click.argument("claim")
@click.option("--to", "target", required=True, metavar="SNAPSHOT", help="Snapshot of this claim.")
@_timeout
@output_option
@platform_options
def revert(*, claim: str, target: str, timeout_seconds: float, output: str, data_dir: str, namespace: str) -> None:
    """Put a claim's contents back to a snapshot; no pod may be using it."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await changing.revert(client, namespace, claim, target, timeout_seconds)

    made: Obj = run_async(work())
    _show(made, output, f"volume/{claim} is as it was at {target}")


@command.command()
@click.argument("claim")
@click.argument("new_claim")
@click.option("--snapshot", default="", metavar="SNAPSHOT", help="Copy this state [default: the present one].")
@click.option("--size", default="", metavar="SIZE", help="Size of the copy [default: as the original].")
@output_option
@platform_options
def clone(*, claim: str, new_claim: str, snapshot: str, size: str, output: str, data_dir: str, namespace: str) -> None:
    """Make NEW_CLAIM begin with the contents of CLAIM, or of one of its snapshots."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await changing.clone(client, namespace, claim, new_claim, snapshot=snapshot, size=size)

    made: Obj = run_async(work())
    _show(made, output, f"volume/{new_claim} will be a copy of {snapshot or claim}, made when a pod first uses it")


@command.command()
@click.argument("volume")
@click.argument("claim")
@output_option
@platform_options
def reuse(*, volume: str, claim: str, output: str, data_dir: str, namespace: str) -> None:
    """Give a kept VOLUME, with its data, to a new CLAIM."""

    async def work() -> Obj:
        async with api_of(data_dir) as client:
            return await changing.reuse(client, namespace, volume, claim)

    made: Obj = run_async(work())
    _show(made, output, f"volume/{claim} holds {volume}")


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--data", "with_data", is_flag=True, help="Remove the data as well.")
@platform_options
def rm(*, names: tuple[str, ...], with_data: bool, data_dir: str, namespace: str) -> None:
    """Remove claims; their data is kept unless --data. A kept volume is removed by its own name with --data."""

    async def work() -> None:
        async with api_of(data_dir) as client:
            known = {name_of(claim) for claim in (await client.list_all(PERSISTENTVOLUMECLAIMS, namespace)).items}
            for name in names:
                if name in known:
                    volume = await changing.remove_claim(client, namespace, name, with_data=with_data)
                    kept = "" if with_data or not volume else f"; its data is kept in {volume}"
                    click.echo(f"volume/{name} removed{kept}")
                elif not with_data:
                    advice = f"for a kept volume: bouvier volume rm {name} --data"
                    raise CommandError(f"there is no claim {name} in namespace {namespace}", advice)
                else:
                    await changing.remove_volume(client, name)
                    click.echo(f"volume/{name} removed with its data")

    run_async(work())


def _show(obj: Obj, output: str, text: str) -> None:
    if output != "table":
        write_data(obj, output)
    else:
        click.echo(text)
