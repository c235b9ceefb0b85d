"""What a server's Lease says, and which servers live. Pure: the moment is passed in.

Source: https://kubernetes.io/docs/concepts/architecture/leases/#api-server-identity
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import LEASES
from bouvier.util.clock import now_micro_text

NAMESPACE = "kube-system"
IDENTITY_LABEL = "apiserver.kubernetes.io/identity"
IDENTITY = "kube-apiserver"
ADDRESS_ANNOTATION = "servers.bouvier.io/address"
"""Address and port at which hosts and pods reach the server."""
LEASE_SECONDS = 30
"""Three renewals: one may be lost and one late before a server counts as gone."""
RENEW_SECONDS = 10
FORGOTTEN_SECONDS = 3600
"""After so long without a change the Lease of a server is removed by the others."""


class Address(NamedTuple):
    """Where a server is reached."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """Return host and port as the annotation has them."""
        return f"{self.host}:{self.port}"


def lease_name(address: Address) -> str:
    """Return the name of a server's Lease: the same over restarts, another one for each address."""
    return f"apiserver-{hashlib.sha256(address.text.encode()).hexdigest()[:26]}"


def lease_object(address: Address, holder: str, hostname: str) -> Obj:
    """Return the Lease of a server that lives."""
    labels = {IDENTITY_LABEL: IDENTITY, "kubernetes.io/hostname": hostname}
    return {
        "apiVersion": LEASES.api_version,
        "kind": LEASES.kind,
        "metadata": {
            "name": lease_name(address),
            "namespace": NAMESPACE,
            "labels": labels,
            "annotations": {ADDRESS_ANNOTATION: address.text},
        },
        "spec": {"holderIdentity": holder, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": now_micro_text()},
    }


def is_server(lease: Obj) -> bool:
    """Tell whether a Lease is a server's."""
    return bool((lease["metadata"].get("labels") or {}).get(IDENTITY_LABEL) == IDENTITY)


def address_of(lease: Obj) -> Address | None:
    """Return where the server of a Lease is reached; None when it does not say."""
    text = (lease["metadata"].get("annotations") or {}).get(ADDRESS_ANNOTATION) or ""
    host, _, port = text.rpartition(":")
    return Address(host, int(port)) if host and port.isdecimal() else None


class Sightings:
    """When each Lease changed last, by this process' own clock: clocks of hosts are never compared."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, float]] = {}

    def ages(self, leases: list[Obj], now: float) -> dict[str, float]:
        """Return how long ago each Lease changed, by name, as far as this process has seen it."""
        before, self._seen = self._seen, {}
        for lease in leases:
            version = str((lease.get("spec") or {}).get("renewTime"))
            known = before.get(name_of(lease))
            self._seen[name_of(lease)] = known if known is not None and known[0] == version else (version, now)
        return {name: now - since for name, (_, since) in self._seen.items()}
