"""`bouvier up`: start the platform, in the foreground or detached.

The supervisor is a program of its own (`bouvier.daemons.allinone`): in the foreground this process becomes it, detached
it is started in a session of its own and watched until every process is ready.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import click

from bouvier.cli.api_options import Option, absolute, api_options, is_api_option
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option
from bouvier.cli.starting import arguments_for, await_ready, become, refuse_unfit_host, start_detached
from bouvier.cli.supervisor_client import ask
from bouvier.util.places import Places, open_places

SUPERVISOR = "bouvier.daemons.allinone"


@click.command()
@data_dir_option
@click.option("--detach", is_flag=True, help="Return when the platform is ready, and leave it running.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API [first start: 6443].")
@click.option(
    "--http-port",
    type=click.IntRange(1, 65535),
    help="The balancer's port [first start: 80, 8080 or another free one].",
)
@click.option(
    "--https-port",
    type=click.IntRange(1, 65535),
    help="The balancer's TLS port [first start: 443, 8443 or another free one].",
)
@click.option(
    "--engine",
    metavar="unix://SOCKET|private",
    help="The Docker Engine to use [the host's when it answers, else a private one].",
)
@click.option(
    "--overlay",
    type=click.Choice(["route", "vxlan", "ipsec"]),
    help="How pods of different hosts reach each other [vxlan].",
)
@click.option(
    "--store", metavar="etcd://HOST:PORT", help="An etcd cluster for all objects, fixed at the first start [a file]."
)
@click.option("--address", metavar="IP", help="This host's address for other hosts and users [found out].")
@click.option("--pod-cidr", metavar="CIDR", help="Addresses of pods, fixed at the first start.")
@click.option("--service-cidr", metavar="CIDR", help="Addresses of services, fixed at the first start.")
@click.option("--nodeport-range", metavar="FIRST-LAST", help="Ports for NodePort services [30000-32767].")
@api_options
def command(*, data_dir: str, detach: bool, **options: Option) -> None:
    """Start the platform on this host, or find it running.

    Stop it with `bouvier down`; containers go on running meanwhile.
    """
    places = open_places(data_dir)
    options = {name: absolute(name, value) for name, value in options.items()}
    if ask(places, "status"):
        refuse_changes(places, options)
        await_ready(places)
        return
    if not places.platform_file.exists():
        refuse_unfit_host()
    arguments = arguments_for(SUPERVISOR, places, options)
    if not detach:
        become([*arguments, "--announce"])
    start_detached(places, arguments)


def refuse_changes(places: Places, options: Mapping[str, Option]) -> None:
    """Refuse options that a running platform does not have already.

    Raises:
        CommandError: one differs; naming it silently would look as if it had worked.
    """
    known = json.loads(places.platform_file.read_text())
    for name, value in options.items():
        field = {"nodeport_range": "node_port_range"}.get(name, name)
        present = (
            known.get("api_options", {}).get(name.replace("_", "-"), []) if is_api_option(name) else known.get(field)
        )
        if value is not None and value != () and present != (list(value) if isinstance(value, tuple) else value):
            option = f"--{name.replace('_', '-')} {','.join(value) if isinstance(value, tuple) else value}"
            raise CommandError(
                f"this platform is running without {option}", f"stop it first: bouvier down; then: bouvier up {option}"
            )
