"""`bouvier server`: API, controllers and scheduler without a node; further servers join by one pasted line."""

from __future__ import annotations

import subprocess
from typing import Any

import click

from bouvier.cli.api_options import absolute, api_options
from bouvier.cli.commands.token import seconds_of, server_url
from bouvier.cli.commands.up import refuse_changes
from bouvier.cli.connect import endpoint_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data
from bouvier.cli.starting import arguments_for, await_ready, become, start_detached
from bouvier.cli.supervisor_client import ask
from bouvier.client import Client
from bouvier.util.places import Places, open_places

SUPERVISOR = "bouvier.daemons.server"
JOINER = "bouvier.daemons.server_join"
TOKEN_PATH = "/bouvier/v1/server-tokens"  # noqa: S105 - a path
_DETACH = click.option("--detach", is_flag=True, help="Return when the server is ready, and leave it running.")
_STORE = "An etcd cluster for all objects, fixed at the first start [a file]."


@click.group(invoke_without_command=True)
@data_dir_option
@_DETACH
@click.option("--store", metavar="etcd://HOST:PORT", help=_STORE)
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API [first start: 6443].")
@click.option("--address", metavar="IP", help="This server's address for hosts and users [found out].")
@click.option("--overlay", type=click.Choice(["route", "vxlan", "ipsec"]), help="How pods of hosts reach each other.")
@click.option("--pod-cidr", metavar="CIDR", help="Addresses of pods, fixed at the first start.")
@click.option("--service-cidr", metavar="CIDR", help="Addresses of services, fixed at the first start.")
@click.option("--nodeport-range", metavar="FIRST-LAST", help="Ports for NodePort services [30000-32767].")
@api_options
@click.pass_context
def command(context: click.Context, /, *, data_dir: str, detach: bool, **options: Any) -> None:
    """Run the API, the controllers and the scheduler on this machine, without a node.

    Hosts join by `bouvier token`, further servers by `bouvier server token`; several servers need an etcd (--store). Stop it
    with `bouvier down`.
    """
    if context.invoked_subcommand is None:
        named = {name: absolute(name, value) for name, value in options.items()}
        _start(open_places(data_dir), named, detach=detach)


def _start(places: Places, options: dict[str, Any], *, detach: bool) -> None:
    if ask(places, "status"):
        refuse_changes(places, options)
        await_ready(places)
        return
    arguments = arguments_for(SUPERVISOR, places, options)
    if not detach:
        become(arguments)
    start_detached(places, arguments)


@command.command("token")
@data_dir_option
@output_option
@click.option("--ttl", default="1h", metavar="TIME", help="How long it may be used: 30m, 1h, 7d at most [1h].")
@click.option("--server", default="", metavar="URL", help="Address of this API for the new server [its own].")
def token(*, data_dir: str, output: str, ttl: str, server: str) -> None:
    """Print the line that makes another machine a server of this platform.

    The token in it serves once. Whoever uses it gets all keys of the platform: hand it over as you would hand over those.
    """
    made = run_async(_make(data_dir, seconds_of(ttl), server))
    if output == "table":
        click.echo(made["command"])
    else:
        write_data(made, output)


async def _make(data_dir: str, seconds: int, server: str) -> dict[str, Any]:
    from bouvier.util.signing_requests import ca_hash  # noqa: PLC0415 - cryptography is slow to import

    endpoint = endpoint_of(open_places(data_dir))
    client = Client.connect(endpoint, user_agent="bouvier-cli")
    try:
        url = server.rstrip("/") or await server_url(client)
        made = await client.request("POST", TOKEN_PATH, body={"seconds": seconds})
    finally:
        await client.close()
    digest = ca_hash(endpoint.ca_pem.encode())
    line = f"bouvier server join {url} --token {made['token']} --ca-hash {digest}"
    facts = {"server": url, "token": made["token"], "caHash": digest, "expires": made["expires"]}
    return {"command": line, **facts}


@command.command("join")
@click.argument("url")
@data_dir_option
@_DETACH
@click.option("--token", required=True, metavar="ID.SECRET", help="The server token.")
@click.option("--ca-hash", required=True, metavar="sha256:HEX", help="Hash of the platform's certificate authority.")
@click.option("--store", metavar="etcd://HOST:PORT", help="The platform's etcd as it is reached from here [the same].")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the API here [6443].")
@click.option("--address", metavar="IP", help="This server's address for hosts and users [found out].")
def join(*, url: str, data_dir: str, detach: bool, **options: Any) -> None:
    """Make this machine a server of a platform; `bouvier server token` there prints the whole line.

    It fetches the platform's keys, then runs as `bouvier server`; later starts need no options. `bouvier up` instead
    makes it a host as well.
    """
    places = open_places(data_dir)
    if places.platform_file.exists():
        raise CommandError(
            f"{places.data_dir} holds a platform already",
            "start it (bouvier server), or name an empty folder by --data-dir",
        )
    arguments = arguments_for(JOINER, places, {"server": url.rstrip("/"), **options})
    joined = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if joined.returncode != 0:
        words = joined.stderr.strip().removeprefix("error: ")
        raise CommandError(words or "this machine could not join", "")
    click.echo(joined.stdout.strip())
    _start(places, {}, detach=detach)
