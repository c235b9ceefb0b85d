"""Calling extensions of the API server: HTTPS to a URL, or to the pods behind a Service.

A Service is reached at one of its ready endpoints, chosen at random, else at its cluster address; its certificate
must be for NAME.NAMESPACE.svc. The HTTP library is imported at the first call: most platforms never make one.

Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#contacting-the-webhook
"""

from __future__ import annotations

import asyncio
import base64
import errno
import ipaddress
import random
import socket
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Context
from bouvier.kinds.clientconfig import HTTPS_PORT
from bouvier.meta.objects import Obj

if TYPE_CHECKING:
    import aiohttp

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes: room for a list of 30,000 objects of 2 kB from an aggregated API."""
NOT_ALLOWED = "the address is not allowed outside the cluster local"
IDLE_SECONDS = 60.0
"""How long an unused connection is kept."""


class CallError(Exception):
    """The extension could not be asked, or gave no usable answer."""


class Place(NamedTuple):
    """Where an extension is."""

    url: str
    """As messages name it."""
    address: str
    """What is connected to."""
    server_name: str
    """Name that the certificate must have; empty for the URL's own."""
    bundle: str
    """Certificates that are trusted, base64 of PEM; empty for the system's."""
    is_insecure: bool = False
    is_of_home: bool = True
    """Whether the cluster `local` names it: the others' extensions are never on this machine itself."""
    identity: tuple[str, str] | None = None
    """Files of the client certificate and key to show."""


class Caller:
    """Keeps connections to extensions."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._trust: dict[tuple[str, bool, object], ssl.SSLContext] = {}

    def place_of(self, cluster: str, config: Mapping[str, Any]) -> Place:
        """Return where a client configuration points to.

        Raises:
            CallError: the Service does not exist or has nothing behind it.

        """
        bundle = config.get("caBundle") or ""
        service = config.get("service")
        if not service:
            return Place(config["url"], config["url"], "", bundle, is_of_home=cluster == LOCAL)
        name, namespace = service["name"], service["namespace"]
        port, path = service.get("port") or HTTPS_PORT, service.get("path") or ""
        host, number = self._endpoint(cluster, namespace, name, port)
        shown = f"https://{name}.{namespace}.svc:{port}{path}"
        bracketed = f"[{host}]" if ":" in host else host
        address = f"https://{bracketed}:{number}{path}"
        return Place(shown, address, f"{name}.{namespace}.svc", bundle, is_of_home=cluster == LOCAL)

    def _endpoint(self, cluster: str, namespace: str, name: str, port: int) -> tuple[str, int]:
        hub = self._context.hub
        entry = hub.resource(cluster, "", "services").entries.get(f"{namespace}/{name}")
        if entry is None:
            raise CallError(f'service "{name}" not found')
        spec = entry.decode().get("spec") or {}
        declared = next((one for one in spec.get("ports") or () if one.get("port") == port), None)
        if declared is None:
            raise CallError(f"no service port {port} found for service {name!r}".replace("'", '"'))
        if spec.get("type") == "ExternalName":
            return spec["externalName"], port
        slices = hub.resource(cluster, "discovery.k8s.io", "endpointslices").in_namespace(namespace)
        mine = [one.decode() for one in slices if one.labels.get("kubernetes.io/service-name") == name]
        found = [place for one in mine for place in _ready(one, declared.get("name") or "")]
        if found:
            return random.choice(found)  # noqa: S311
        address = spec.get("clusterIP") or ""
        if mine or address in ("", "None"):
            raise CallError(f'no endpoints available for service "{name}"')
        return address, port

    async def post(self, place: Place, document: Any, seconds: float) -> Any:
        """Send a document and return the decoded answer.

        Raises:
            CallError: no connection, no answer in time, or not JSON.

        """
        shown = f'Post "{place.url}?timeout={round(seconds)}s"'
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            async with asyncio.timeout(seconds):
                status, body = await self._exchange(place, orjson.dumps(document), headers, seconds)
        except TimeoutError:
            raise CallError(f"{shown}: context deadline exceeded") from None
        except (OSError, ValueError) as error:
            raise CallError(f"{shown}: {error}") from error
        if status != 200:
            raise CallError(f"the server rejected our request: status {status}: {body[:200].decode(errors='replace')}")
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise CallError(f"could not decode the answer: {error}") from None

    async def _exchange(
        self, place: Place, body: bytes, headers: Mapping[str, str], seconds: float
    ) -> tuple[int, bytes]:
        import aiohttp  # noqa: PLC0415

        trust = self.trust(place)
        try:
            async with self.session(place).post(
                place.address,
                params={"timeout": f"{round(seconds)}s"},
                data=body,
                headers=headers,
                ssl=trust,
                server_hostname=place.server_name or None,
                allow_redirects=False,
            ) as answer:
                return answer.status, await whole_body(answer)
        except aiohttp.ClientError as error:
            raise ConnectionError(reason_of(error)) from error

    async def get(
        self, place: Place, path: str, headers: Sequence[tuple[str, str]], seconds: float
    ) -> tuple[int, bytes]:
        """Return status and body of a document. Raises: CallError."""
        import aiohttp  # noqa: PLC0415

        try:
            async with (
                asyncio.timeout(seconds),
                self.session(place).get(
                    place.address + path,
                    headers=[*headers, ("Accept", "application/json")],
                    ssl=self.trust(place),
                    server_hostname=place.server_name or None,
                    allow_redirects=False,
                ) as answer,
            ):
                return answer.status, await whole_body(answer)
        except TimeoutError:
            raise CallError(f"{place.url}{path}: context deadline exceeded") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise CallError(f"{place.url}{path}: {reason_of(error)}") from None

    def session(self, place: Place) -> aiohttp.ClientSession:
        """Return the pool of connections for a place."""
        found = self._sessions.get(place.is_of_home)
        if found is None:
            import aiohttp  # noqa: PLC0415

            opened = None if place.is_of_home else socket_elsewhere
            connector = aiohttp.TCPConnector(keepalive_timeout=IDLE_SECONDS, limit=0, socket_factory=opened)
            timeout = aiohttp.ClientTimeout(total=None)
            found = self._sessions[place.is_of_home] = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                auto_decompress=False,
                headers={"User-Agent": "bouvier-apiserver"},
                skip_auto_headers=("Accept-Encoding",),
            )
        return found

    def trust(self, place: Place) -> ssl.SSLContext:
        """Return whom to trust at a place."""
        key = (place.bundle, place.is_insecure, place.identity)
        if key not in self._trust:
            pem = base64.b64decode(place.bundle).decode() if place.bundle else None
            made = ssl.create_default_context(cadata=pem)
            if place.is_insecure:
                made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
            if place.identity is not None:
                made.load_cert_chain(*place.identity)
            self._trust[key] = made
        return self._trust[key]

    async def close(self) -> None:
        """End every connection."""
        for session in self._sessions.values():
            await session.close()


def socket_elsewhere(place: tuple[Any, ...]) -> socket.socket:
    """Return a socket for a resolved address.

    Raises:
        OSError: the address means this machine or its own network segment, where services trust whoever reaches them.

    """
    family, kind, protocol, _, (host, *_) = place
    address = ipaddress.ip_address(str(host).partition("%")[0])
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        raise OSError(errno.EACCES, NOT_ALLOWED)
    return socket.socket(family, kind, protocol)


def reason_of(error: Exception) -> str:
    """Return why a connection failed, in words for whoever runs the extension."""
    import aiohttp  # noqa: PLC0415

    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"tls: failed to verify certificate: {error.certificate_error}"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error.strerror or str(error.os_error)
        return f"dial tcp {error.host}:{error.port}: {cause}"
    return str(error) or type(error).__name__


async def whole_body(answer: aiohttp.ClientResponse) -> bytes:
    """Return all of a body. Raises: ValueError when it is larger than any answer should be."""
    pieces, size = [], 0
    async for piece in answer.content.iter_any():
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise ValueError(f"the answer is larger than {LARGEST_ANSWER} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _ready(slice_: Obj, port_name: str) -> list[tuple[str, int]]:
    """Return addresses and the port of the endpoints of a slice that take requests."""
    numbers = [
        one["port"] for one in slice_.get("ports") or () if (one.get("name") or "") == port_name and one.get("port")
    ]
    return [
        (address, number)
        for number in numbers
        for endpoint in slice_.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready") is not False
        for address in endpoint.get("addresses") or ()
    ]
