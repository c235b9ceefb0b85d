"""AuditEvent: one line of the audit log. Read from the log when asked for, never stored.

Its fields are those of an `audit.k8s.io/v1` Event, which has no place in an API group of its own upstream.
"""

from __future__ import annotations

from typing import Any

from bouvier.kinds.columns import AGE, NAME, WIDE
from bouvier.kinds.kind import Column, Kind
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("audit.bouvier.io", "v1", "auditevents", "AuditEvent")

_TEXT: dict[str, Any] = {"type": "string"}
_ANYTHING: dict[str, Any] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_USER: dict[str, Any] = {
    "type": "object",
    "properties": {"username": _TEXT, "uid": _TEXT, "groups": _TEXTS, "extra": _ANYTHING},
}
_REFERENCE: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys(
        ("resource", "namespace", "name", "uid", "apiGroup", "apiVersion", "resourceVersion", "subresource"), _TEXT
    ),
}


def who(event: Obj) -> str:
    """Return who did it, and as whom."""
    user = str((event.get("user") or {}).get("username", ""))
    acting = (event.get("impersonatedUser") or {}).get("username", "")
    return f"{user} as {acting}" if acting else user


def what(event: Obj) -> str:
    """Return what was touched: `deployments/web`, `pods/web-1/exec`, or a path."""
    reference = event.get("objectRef") or {}
    parts = (reference.get("resource"), reference.get("name"), reference.get("subresource"))
    return "/".join(part for part in parts if part) or str(event.get("requestURI", "")).partition("?")[0]


def outcome(event: Obj) -> int:
    """Return the code of the answer, 0 before there is one."""
    return int((event.get("responseStatus") or {}).get("code", 0))


def _reason(event: Obj) -> str:
    return str((event.get("annotations") or {}).get("authorization.k8s.io/reason", ""))


KIND = Kind(
    resource=RESOURCE,
    singular="auditevent",
    definition="",
    verbs=("list",),
    columns=(
        NAME,
        Column("User", who, description="Who asked, and as whom."),
        Column("Verb", lambda event: str(event.get("verb", "")), description="What was asked for."),
        Column("Object", what, description="What it was about."),
        Column("Code", outcome, type="integer", description="HTTP status of the answer."),
        AGE,
        Column("Reason", _reason, priority=WIDE, description="Why access was allowed."),
    ),
    schema={
        "type": "object",
        "properties": {
            **dict.fromkeys(("level", "auditID", "stage", "requestURI", "verb", "userAgent"), _TEXT),
            "user": _USER,
            "impersonatedUser": _USER,
            "sourceIPs": _TEXTS,
            "objectRef": _REFERENCE,
            "responseStatus": _ANYTHING,
            "requestObject": _ANYTHING,
            "responseObject": _ANYTHING,
            "requestReceivedTimestamp": {"type": "string", "format": "date-time"},
            "stageTimestamp": {"type": "string", "format": "date-time"},
            "annotations": {"type": "object", "additionalProperties": _TEXT},
        },
    },
)
