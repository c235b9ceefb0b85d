"""The PeerReport of a host: what its probes say, in the form of the API. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from bouvier.kinds.network_v1.peerreports import ESTABLISHED, UNREACHABLE
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PEERREPORTS
from bouvier.network.overlay.peers import Host
from bouvier.network.overlay.probe import Finding


def report_of(
    own: Host,
    driver: str,
    peers: Iterable[Host],
    findings: Mapping[IPv4Address, Finding],
    *,
    before: Obj | None,
    now: str,
    why: Mapping[str, str],
) -> Obj:
    """Return the report; entries whose state did not change since `before` stay as they were.

    `why` says, by host, what the driver knows of a host that is not reached.
    """
    known = {peer["name"]: peer for peer in (before or {}).get("peers") or ()}
    entries = []
    for peer in sorted(peers):
        finding = findings.get(peer.gateway) or Finding()
        state = ESTABLISHED if finding.is_established else UNREACHABLE
        message = "" if finding.is_established else why.get(peer.name, "no answer to probes")
        entry = {"name": peer.name, "address": str(peer.address), "state": state}
        entry |= {"message": message} if message else {}
        old = known.get(peer.name) or {}
        if all(old.get(field) == entry.get(field) for field in ("address", "state", "message")):
            entries.append(dict(old))
            continue
        since = str(old["since"]) if old.get("state") == state and old.get("since") else now
        timing = {"milliseconds": f"{finding.milliseconds:.1f}"} if finding.is_established else {}
        entries.append(entry | {"since": since} | timing)
    owner = {"apiVersion": "v1", "kind": "Node", "name": own.name, "uid": own.uid}
    return {
        "apiVersion": PEERREPORTS.api_version,
        "kind": PEERREPORTS.kind,
        "metadata": {"name": own.name, "ownerReferences": [owner]},
        "driver": driver,
        "peers": entries,
    }
