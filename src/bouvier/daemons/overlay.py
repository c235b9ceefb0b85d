"""The overlay as the node process runs it: its certificate from the platform's authority, its reports into the API."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from bouvier.client.certificates import DeniedError, obtain
from bouvier.client.informer import InformerSet
from bouvier.client.rest import Client
from bouvier.daemons.settings import Settings
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import PEERREPORTS
from bouvier.network.overlay.ipsec.charon import Identity
from bouvier.network.overlay.overlay import Overlay, OverlaySettings
from bouvier.network.overlay.peers import Host
from bouvier.util.pki import LEAF_DAYS, days_left, hosts_of, write_private
from bouvier.util.signing_requests import make_request, matches, new_key

SIGNER = "bouvier.io/overlay"
USAGES = ("digital signature", "client auth", "server auth", "ipsec end system")
RENEW_DAYS = LEAF_DAYS / 3
WAIT_SECONDS = 20.0


def overlay_of(settings: Settings, client: Client, informers: InformerSet) -> Overlay:
    """Return the overlay of this host."""

    async def publish(report: Obj) -> None:
        body = {"driver": report["driver"], "peers": report["peers"]}
        try:
            await client.patch(PEERREPORTS, name_of(report), body)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
            await client.create(PEERREPORTS, report)

    wanted = OverlaySettings(
        platform_id=settings.platform_id,
        node_name=settings.node_name,
        driver=settings.platform.overlay,
        folder=settings.data_dir / "network" / "ipsec",
        platform=IPv4Network(settings.platform.pod_cidr),
    )
    return Overlay(wanted, informers, Certificates(settings.pki_dir, client).identity, publish)


class Certificates:
    """Keeps this host's overlay certificate in `overlay.crt` and `overlay.key`."""

    def __init__(self, folder: Path, client: Client) -> None:
        self._folder = folder
        self._client = client

    async def identity(self, host: Host) -> Identity:
        """Return the certificate for the host's address, asking for one when there is none that will do.

        Raises:
            OSError, ApiError, ConnectionError, TimeoutError: there is none yet.
        """
        certificate, key = self._folder / "overlay.crt", self._folder / "overlay.key"
        if not key.exists():
            write_private(key, new_key())
        private = key.read_bytes()
        if not _will_do(certificate, private, str(host.address)):
            request = make_request(private, f"system:node:{host.name}", ("system:nodes",), (str(host.address),))
            try:
                pem = await obtain(
                    self._client,
                    f"overlay-{host.name}",
                    request,
                    signer=SIGNER,
                    usages=USAGES,
                    seconds=WAIT_SECONDS,
                )
            except DeniedError as error:
                key.unlink(missing_ok=True)  # another try is another request
                raise PermissionError(f"no certificate for the overlay: {error}") from None
            write_private(certificate, pem)
        return Identity(certificate.read_bytes(), private, (self._folder / "ca.crt").read_bytes())


def _will_do(certificate: Path, key: bytes, address: str) -> bool:
    if not certificate.exists():
        return False
    pem = certificate.read_bytes()
    return days_left(pem) > RENEW_DAYS and hosts_of(pem) == {address} and matches(pem, key)
