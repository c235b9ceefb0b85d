"""PeerReport: what one host found when it tried to reach the pods' range of every other host.

One object a host, of the host's name, owned by its Node. A host writes when a finding changes, not at every probe.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds.columns import AGE, NAME, cell, text
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj
from bouvier.meta.resources import PEERREPORTS

ESTABLISHED = "established"
"""Probes through the overlay are answered."""
UNREACHABLE = "unreachable"
"""Probes are not answered; `message` says more where the driver knows it."""

_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What one host found when it tried to reach the pods' range of every other host.",
    "properties": {
        "apiVersion": _TEXT,
        "kind": _TEXT,
        "metadata": {"type": "object"},
        "driver": {"type": "string", "description": "Overlay driver of the host: route, vxlan or ipsec."},
        "peers": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name", "state"],
                "properties": {
                    "name": {"type": "string", "description": "Name of the other host."},
                    "address": {"type": "string", "description": "Address of the other host outside the overlay."},
                    "state": {"type": "string", "enum": [ESTABLISHED, UNREACHABLE]},
                    "since": {"type": "string", "description": "When this state was first seen."},
                    "milliseconds": {"type": "string", "description": "Time of an answer when the state was first seen."},
                    "message": {"type": "string", "description": "Why the host is not reached."},
                },
            },
        },
    },
}  # fmt: skip


def _established(obj: Obj) -> str:
    peers = obj.get("peers") or []
    return f"{sum(peer.get('state') == ESTABLISHED for peer in peers)}/{len(peers)}"


KIND = Kind(
    resource=PEERREPORTS,
    singular="peerreport",
    definition="",
    schema=SCHEMA,
    columns=(NAME, text("Driver", "driver"), cell("Established", _established), AGE),
)
