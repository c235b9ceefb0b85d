"""`bouvier agent`: make this machine a host of a platform whose server runs elsewhere."""

from __future__ import annotations

import os

import click

from bouvier.cli.errors import CommandError
from bouvier.cli.starting import Status, arguments_for, await_ready, become, refuse_unfit_host, start_detached
from bouvier.cli.supervisor_client import ask
from bouvier.util.places import Places, open_places

SUPERVISOR = "bouvier.daemons.agent"
DEFAULT_DATA_DIR = "/var/lib/bouvier-agent"
"""Another folder than a server's, so that a machine may be both."""
START_TIMEOUT_SECONDS = 90.0
"""The certificate has a minute; an engine and the first report take some seconds more."""


@click.command()
@click.option(
    "--data-dir",
    metavar="DIR",
    default="",
    help=f"This host's data directory [$BOUVIER_DATA_DIR, else {DEFAULT_DATA_DIR}].",
)
@click.option("--server", metavar="URL", help="The API, as `bouvier token` prints it.")
@click.option("--token", metavar="ID.SECRET", help="The join token; needed once.")
@click.option("--ca-hash", metavar="sha256:HEX", help="Hash of the platform's certificate authority; needed once.")
@click.option("--name", metavar="NAME", help="Name of this host [the machine's own].")
@click.option("--detach", is_flag=True, help="Return when the host runs, and leave it running.")
@click.option("--address", metavar="IP", help="This host's address for other hosts [the one on the way to the server].")
@click.option("--engine", metavar="unix://SOCKET|private", help="The Docker Engine to use [as for up].")
@click.option("--http-port", type=click.IntRange(1, 65535), help="The balancer's port [80 or another free one].")
@click.option("--https-port", type=click.IntRange(1, 65535), help="The balancer's TLS port [443 or another free one].")
def command(*, data_dir: str, detach: bool, **options: str | int | None) -> None:
    """Make this machine a host of a platform; `bouvier token` on the server prints the whole line.

    It opens connections to the server and to the other hosts' overlay, and none has to be opened towards it. Later
    starts need no options. Stop it with `bouvier down --data-dir DIR`; with --purge it leaves nothing behind.
    """
    places = open_places(data_dir or os.environ.get("BOUVIER_DATA_DIR") or DEFAULT_DATA_DIR)
    if not places.platform_file.exists():
        refuse_unfit_host()
    arguments = arguments_for(SUPERVISOR, places, options)
    running = ask(places, "status")
    if running is not None and "agent" not in running:
        raise CommandError(f"{places.data_dir} holds the server of a platform", "name another folder by --data-dir")
    if running is not None:
        await_ready(places, _belongs, seconds=START_TIMEOUT_SECONDS)
    elif detach:
        start_detached(places, arguments, _belongs, seconds=START_TIMEOUT_SECONDS)
    else:
        become(arguments)


def _belongs(_places: Places, status: Status) -> str:
    return f"host {status['agent']['host']} belongs to {status['agent']['server']}"
