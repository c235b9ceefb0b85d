"""`bouvier playground`: several hosts on one machine."""

from __future__ import annotations

import secrets
import signal
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path
from typing import NamedTuple

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option
from bouvier.cli.playground.plan import MAX_HOSTS, Playground, free_fabric, host_name, read, write
from bouvier.cli.progress import Progress
from bouvier.cli.starting import refuse_unfit_host
from bouvier.util.places import open_places
from bouvier.util.routes import parse_routes

DEFAULT_PORT = 6443


@click.command()
@data_dir_option
@click.option("--hosts", type=click.IntRange(1, MAX_HOSTS), help="How many hosts [3].")
@click.option(
    "--overlay", type=click.Choice(["route", "vxlan", "ipsec"]), help="How their pods reach each other [vxlan]."
)
@click.option("--cluster", metavar="NAME", help="The native cluster that the new hosts join, made if missing [local].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API, at the first host's address [6443].")
@click.option("--detach", is_flag=True, help="Return when all hosts run; else Ctrl-C removes everything.")
@click.option("--down", is_flag=True, help="Remove the playground.")
def command(
    *,
    data_dir: str,
    hosts: int | None,
    overlay: str | None,
    cluster: str | None,
    port: int | None,
    detach: bool,
    down: bool,
) -> None:
    """Build a platform of several hosts on this one machine, each in a network namespace with an engine of its own.

    The hosts join as separate machines would. Their folders are hosts/1, hosts/2 … below the data directory, which has
    the kubeconfig.
    """
    folder = open_places(data_dir).data_dir
    open_places(folder / "hosts" / str(MAX_HOSTS))
    known = read(folder)
    if down:
        remove(folder, known)
        return
    from bouvier.cli.playground.building import choosing_alone, make_network  # noqa: PLC0415 - only here

    with choosing_alone():
        ground = choose(folder, known, Wish(hosts, overlay, port, cluster))
        make_network(ground)
    build(folder, ground)
    if not detach:
        stay(folder, ground)


class Wish(NamedTuple):
    """What the user asked for; None leaves it as it is."""

    hosts: int | None
    overlay: str | None
    port: int | None
    cluster: str | None


def choose(folder: Path, known: Playground | None, wish: Wish) -> Playground:
    """Return the playground to build, written down first.

    Raises:
        CommandError: the folder has another one, or a platform.
    """
    hosts, overlay, port, cluster = wish
    if known is not None:
        asked = replace(known, overlay=overlay or known.overlay, port=port or known.port, hosts=hosts or known.hosts)
        if (asked.overlay, asked.port) != (known.overlay, known.port) or asked.hosts < known.hosts:
            raise CommandError(
                f"there is a playground of {known.hosts} hosts with {known.overlay} and port {known.port} in {folder}",
                "remove it first: bouvier playground --down",
            )
        asked = placed(asked, known.hosts, cluster) if cluster else asked
        write(folder, asked)
        return asked
    if (folder / "platform.json").exists():
        raise CommandError(f"{folder} holds a platform", "name another folder by --data-dir")
    refuse_unfit_host()
    routes = parse_routes(Path("/proc/net/route").read_text())
    fabric: IPv4Network = free_fabric(routes)
    ground = Playground(secrets.token_hex(2), hosts or 3, overlay or "vxlan", port or DEFAULT_PORT, str(fabric))
    ground = placed(ground, 1, cluster) if cluster else ground
    write(folder, ground)
    return ground


def placed(ground: Playground, present: int, cluster: str) -> Playground:
    """Return the playground with every host beyond those present in a native cluster; the first serves `local`.

    Raises:
        CommandError: no host is new.
    """
    new = {str(number): cluster for number in ground.numbers if number > max(present, 1)}
    if not new and cluster not in ground.clusters.values():
        raise CommandError(
            "--cluster places new hosts, and there are none", f"name more hosts: --hosts {ground.hosts + 1}"
        )
    return replace(ground, clusters={**new, **ground.clusters})


def build(folder: Path, ground: Playground) -> None:
    """Build it and say where it is."""
    from bouvier.cli.playground.building import build as make  # noqa: PLC0415 - only here

    with Progress() as progress:
        make(folder, ground, progress.say)
    click.echo(f"{ground.hosts} hosts with the overlay {ground.overlay}")
    for number in ground.numbers:
        click.echo(f"  {host_name(number):<8} {ground.address(number)}   {folder}/hosts/{number}")
    click.echo(f"  kubeconfig  {folder}/kubeconfig")
    click.echo(f"  remove it:  bouvier playground --down --data-dir {folder}")


def remove(folder: Path, known: Playground | None) -> None:
    """Remove the playground, if there is one."""
    from bouvier.cli.playground.building import remove as take_away  # noqa: PLC0415 - only here

    if known is None:
        click.echo(f"there is no playground in {folder}")
        return
    with Progress() as progress:
        progress.say("removing the playground")
        take_away(folder, known)
    click.echo(f"removed: the playground in {folder}")


def stay(folder: Path, ground: Playground) -> None:
    """Wait for Ctrl-C or a termination, then remove everything."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        signal.pause()
    except KeyboardInterrupt:
        remove(folder, ground)
