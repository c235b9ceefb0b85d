"""How a host becomes part of a platform, and stays: trust, client certificate, facts.

1. The authority's certificate is fetched without trust and compared with the hash that the join command carries.
2. With the join token a client certificate is asked for (`system:node:NAME`); its key never leaves the host.
3. With that certificate the platform's facts are read and `platform.json` is written.

Each step is found done or repeated after an interruption. Later starts need neither token nor hash.
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bouvier.apiserver.request import Answer, Request, Response
from bouvier.client.certificates import DeniedError, obtain
from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.daemons.facts import joined, read_facts
from bouvier.daemons.settings import Platform, read_platform, write_platform
from bouvier.meta.errors import ApiError
from bouvier.util.pki import LEAF_DAYS, Authority, days_left, write_private
from bouvier.util.places import Places
from bouvier.util.signing_requests import ca_hash, make_request, matches, new_key

CA_PATH = "/bouvier/v1/ca"
"""Gives the authority's certificate to everybody: it is public, and whoever joins checks its hash."""
RENEW_DAYS = LEAF_DAYS / 3
HOST_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet"
HOST_USAGES = ("digital signature", "client auth")
_ADVICE = "on the server, `bouvier token` prints the whole command"


class JoinError(Exception):
    """The host cannot join; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the join command carries."""

    server: str
    token: str = ""
    ca_hash: str = ""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The files by which a host is known."""

    folder: Path

    @property
    def authority(self) -> Path:
        """The platform's certificate authority."""
        return self.folder / "ca.crt"

    @property
    def certificate(self) -> Path:
        """The host's client certificate."""
        return self.folder / "node.crt"

    @property
    def key(self) -> Path:
        """Its private key."""
        return self.folder / "node.key"

    def are_there(self) -> bool:
        """Tell whether the host holds a certificate that is still good and fits its key."""
        if not all(path.exists() for path in (self.authority, self.certificate, self.key)):
            return False
        certificate = self.certificate.read_bytes()
        return days_left(certificate) > 0 and matches(certificate, self.key.read_bytes())

    def endpoint(self, server: str) -> Endpoint:
        """Return the API as this host sees it."""
        return Endpoint(
            url=server,
            ca_pem=self.authority.read_text(),
            cert_file=str(self.certificate),
            key_file=str(self.key),
        )


def authority_path(authority: Authority) -> Callable[[Request], Awaitable[Answer]]:
    """Return the handler of `CA_PATH`."""

    async def answer(_request: Request) -> Answer:
        return Response(200, authority.pem, "application/x-pem-file")

    return answer


async def join(places: Places, invitation: Invitation, node_name: str, own: Platform) -> Platform:
    """Make this host part of the platform and return what it knows of it now; `own` holds the host's own settings.

    Raises:
        JoinError: with what to do.
    """
    known = read_platform(places)
    server = invitation.server or (known.server if known else "")
    check_place(places, known, server)
    credentials = Credentials(places.pki_dir)
    try:
        if not credentials.are_there():
            await _get_certificate(credentials, server, invitation, node_name)
        client = Client.connect(credentials.endpoint(server), user_agent="bouvier-agent")
        try:
            platform = joined(own, await read_facts(client))
        finally:
            await client.close()
    except ApiError as error:
        raise JoinError(error.message) from None
    except DeniedError as error:
        credentials.key.unlink(missing_ok=True)  # another try is another request
        raise JoinError(str(error)) from None
    except TimeoutError:
        raise JoinError(
            f"{server} did not sign this host's certificate in time: is its controllers' process up?"
        ) from None
    except (OSError, ValueError) as error:
        if known is not None and isinstance(error, OSError):
            return known  # the server is away: the host goes on with what it knew
        raise JoinError(f"cannot join {server}: {error}") from None
    write_platform(places, platform)
    return platform


def check_place(places: Places, known: Platform | None, server: str) -> None:
    """Refuse a data directory that belongs to something else.

    Raises:
        JoinError: naming it.
    """
    if not server:
        raise JoinError(f"this host has not joined yet: name --server, --token and --ca-hash; {_ADVICE}")
    parts = urlsplit(server)
    if parts.scheme != "https" or not parts.hostname:
        raise JoinError(f"--server {server}: expected https://ADDRESS:PORT; {_ADVICE}")
    if known is None:
        return
    if not known.server:
        raise JoinError(f"{places.data_dir} holds the server of a platform: name another folder by --data-dir")
    if known.server != server:
        raise JoinError(
            f"{places.data_dir} belongs to a host of {known.server}: "
            f"leave it first (bouvier down --purge --data-dir {places.data_dir}), or name another folder by --data-dir"
        )


async def _get_certificate(credentials: Credentials, server: str, invitation: Invitation, node_name: str) -> None:
    if not invitation.token or not invitation.ca_hash:
        raise JoinError(f"to join, this host needs --token and --ca-hash; {_ADVICE}")
    authority = await trusted_authority(server, invitation.ca_hash)
    if not credentials.key.exists():
        write_private(credentials.key, new_key())
    endpoint = Endpoint(url=server, ca_pem=authority.decode(), token=invitation.token)
    client = Client.connect(endpoint, user_agent="bouvier-agent")
    try:
        certificate = await request_certificate(client, credentials.key.read_bytes(), node_name)
    finally:
        await client.close()
    write_private(credentials.authority, authority, mode=0o644)
    write_private(credentials.certificate, certificate)


async def trusted_authority(server: str, expected_hash: str) -> bytes:
    """Return the server's certificate authority, which must be the one that the hash names.

    Raises:
        JoinError: it is another one, or the server does not answer.
    """
    authority = await _fetch_authority(server)
    if ca_hash(authority) != expected_hash:
        raise JoinError(
            f"{server} shows another certificate authority than --ca-hash names: "
            f"somebody is in between, or the command is of another platform; {_ADVICE}"
        )
    return authority


async def request_certificate(client: Client, key: bytes, node_name: str) -> bytes:
    """Return a client certificate for a host, asked for in its own name or with a join token."""
    request = make_request(key, f"system:node:{node_name}", ("system:nodes",))
    return await obtain(client, f"host-{node_name}", request, signer=HOST_SIGNER, usages=HOST_USAGES)


async def renew(credentials: Credentials, client: Client, node_name: str) -> bool:
    """Renew the host's certificate, for the same key, when it is due; return whether it was."""
    if days_left(credentials.certificate.read_bytes()) > RENEW_DAYS:
        return False
    write_private(credentials.certificate, await request_certificate(client, credentials.key.read_bytes(), node_name))
    return True


async def _fetch_authority(server: str) -> bytes:
    """Return what the server shows as its authority, trusted by nobody yet; it is one for all clusters."""
    import aiohttp  # noqa: PLC0415 - only while joining

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    timeout = aiohttp.ClientTimeout(total=10)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(server))
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(origin + CA_PATH, ssl=context) as answer:
            if answer.status != 200:
                raise JoinError(f"{server} is not a Bouvier server: it answers {answer.status} for {CA_PATH}")
            return await answer.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        reason = getattr(getattr(error, "os_error", None), "strerror", "") or type(error).__name__
        raise JoinError(f"{server} does not answer ({reason}): is the address reachable from here?") from None
