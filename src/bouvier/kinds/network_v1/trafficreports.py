"""TrafficReport: how many bytes the balancer of one host carried for each Service, counted since an epoch.

One object a host, of the host's name, owned by its Node. The numbers only grow; a host that lost its count begins a new
epoch at zero. The usage ledger charges what they grew by.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds.columns import AGE, NAME, cell
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj
from bouvier.meta.resources import TRAFFICREPORTS

_TEXT = {"type": "string"}
_BYTES = {"type": "integer", "format": "int64"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "How many bytes the balancer of one host carried for each Service, counted since an epoch.",
    "properties": {
        "apiVersion": _TEXT,
        "kind": _TEXT,
        "metadata": {"type": "object"},
        "epoch": {"type": "string", "description": "Another one: counting began again at zero."},
        "services": {
            "type": "array",
            "x-kubernetes-list-type": "atomic",
            "items": {
                "type": "object",
                "required": ["namespace", "name", "received", "sent"],
                "properties": {
                    "namespace": _TEXT,
                    "name": {"type": "string", "description": "Name of the Service."},
                    "received": {**_BYTES, "description": "Bytes from clients."},
                    "sent": {**_BYTES, "description": "Bytes to clients."},
                },
            },
        },
    },
}


def _sum(field: str) -> Any:
    return lambda obj: sum(entry.get(field, 0) for entry in obj.get("services") or ())


def _services(obj: Obj) -> int:
    return len(obj.get("services") or ())


KIND = Kind(
    resource=TRAFFICREPORTS,
    singular="trafficreport",
    definition="",
    schema=SCHEMA,
    columns=(
        NAME,
        cell("Services", _services, kind="integer"),
        cell("Received", _sum("received"), kind="integer"),
        cell("Sent", _sum("sent"), kind="integer"),
        AGE,
    ),
)
