"""`bouvier token`: one line that makes another machine a host of this platform."""

from __future__ import annotations

import base64
import secrets
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from bouvier.cli.connect import endpoint_of, run_async
from bouvier.cli.errors import CommandError
from bouvier.cli.options import data_dir_option, output_option
from bouvier.cli.output import write_data
from bouvier.client import Client
from bouvier.client.endpoint import LOCAL_CLUSTER as LOCAL
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.resources import CLUSTERS, ENDPOINTSLICES, SECRETS
from bouvier.util.places import open_places

NAMESPACE = "kube-system"
_LETTERS = string.ascii_lowercase + string.digits
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@click.command()
@data_dir_option
@output_option
@click.option("--ttl", default="24h", metavar="TIME", help="How long it may be used: 30m, 24h, 7d [24h].")
@click.option("--many", is_flag=True, help="Good for any number of hosts, not for one.")
@click.option("--cluster", default="local", metavar="NAME", help="The native cluster that the host joins [local].")
@click.option("--server", default="", metavar="URL", help="Address of the API for the new host [the server's own].")
@click.option("--description", default="", metavar="TEXT", help="Kept with the token, for `kubectl get secrets`.")
def command(*, data_dir: str, output: str, ttl: str, many: bool, cluster: str, server: str, description: str) -> None:
    """Print the command that makes another machine a host of this platform.

    Paste it there as root. The token in it is good for one host and for a day; nobody needs to reach that host from
    here: it opens all connections itself.
    """
    seconds = seconds_of(ttl)
    made = run_async(_make(data_dir, seconds, cluster, server, description, many=many))
    if output == "table":
        click.echo(made["command"])
    else:
        write_data(made, output)


def seconds_of(text: str) -> int:
    """Return the seconds of `30m`, `24h` or `7d`.

    Raises:
        CommandError: the text has another form.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdigit() or int(number) < 1:
        raise CommandError(f"--ttl {text}: expected a number and one of s, m, h, d, such as 24h")
    return int(number) * _UNITS[unit]


def draw(length: int) -> str:
    """Return random small letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def secret_of(identifier: str, secret: str, expiration: str, description: str, *, many: bool) -> Obj:
    """Return the Secret of a join token, in the form of Kubernetes' bootstrap tokens."""
    data = {
        "token-id": identifier,
        "token-secret": secret,
        "expiration": expiration,
        "usage-bootstrap-authentication": "true",
        "description": description or "join token",
    }
    if many:
        data["usage-bootstrap-many"] = "true"
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"bootstrap-token-{identifier}", "namespace": NAMESPACE},
        "type": "bootstrap.kubernetes.io/token",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


async def _make(
    data_dir: str, seconds: int, cluster: str, server: str, description: str, *, many: bool
) -> dict[str, Any]:
    from bouvier.util.signing_requests import ca_hash  # noqa: PLC0415 - cryptography is slow to import

    endpoint = endpoint_of(open_places(data_dir))
    expiration = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    identifier, secret = draw(6), draw(16)
    home = Client.connect(endpoint, user_agent="bouvier-cli")
    client = home if cluster == LOCAL else Client.connect(replace(endpoint, cluster=cluster), user_agent="bouvier-cli")
    try:
        await _check_cluster(home, cluster)
        url = (server.rstrip("/") or await server_url(home)) + ("" if cluster == LOCAL else f"/clusters/{cluster}")
        await client.create(SECRETS, secret_of(identifier, secret, expiration, description, many=many))
    finally:
        await client.close()
        await home.close()
    token, digest = f"{identifier}.{secret}", ca_hash(endpoint.ca_pem.encode())
    return {
        "command": f"bouvier agent --server {url} --token {token} --ca-hash {digest}",
        "server": url,
        "token": token,
        "caHash": digest,
        "expires": expiration,
        "hosts": "many" if many else "one",
    }


async def _check_cluster(home: Client, name: str) -> None:
    """Refuse clusters that hosts of ours cannot join.

    Raises:
        CommandError: there is no such cluster, or another orchestrator has its hosts.
    """
    try:
        cluster = await home.get(CLUSTERS, name)
    except ApiError as error:
        if error.reason != "NotFound":
            raise
        raise CommandError(f"there is no cluster {name}", f"add it: bouvier cluster add native {name}") from None
    driver = cluster["spec"]["driver"]
    if driver != "native":
        raise CommandError(
            f"cluster {name} is of the driver {driver}: its hosts are added by that orchestrator's own means",
            "hosts join native clusters; see bouvier cluster ls",
        )


async def server_url(client: Client) -> str:
    """Return the address at which pods, and so other hosts, reach the API."""
    slices = await client.get(ENDPOINTSLICES, "kubernetes", "default")
    address, port = slices["endpoints"][0]["addresses"][0], slices["ports"][0]["port"]
    if str(address).startswith("127."):
        raise CommandError(
            "this server has no address that other hosts can reach",
            "start it with one (bouvier down; bouvier up --address IP), or name a URL by --server",
        )
    return f"https://{address}:{port}"
