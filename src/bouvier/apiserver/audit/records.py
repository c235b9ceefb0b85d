"""What is remembered of a request between its arrival and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from bouvier.apiserver.audit.matching import Decision
from bouvier.apiserver.request import Target


class Identity(msgspec.Struct, rename="camel"):
    """What an object's metadata says of which one it is."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


NOT_FOUND = Identity()


@dataclass(slots=True)
class Record:
    """One audited request."""

    decision: Decision
    verb: str
    target: Target | None
    received: float
    """Seconds since the epoch."""
    access: str = ""
    """`allow` or `forbid` once access was decided."""
    reason: str = ""
    """Why it was allowed."""
    body: bytes | None = None
    """The request's body, where it is recorded."""
    status: dict[str, Any] | None = None
    """How a stream began."""
    found: Identity | None = None
    """Which object the answer holds."""
