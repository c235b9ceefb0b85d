"""What is remembered of a request between its arrival and its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bouvier.apiserver.audit.matching import Decision
from bouvier.apiserver.request import Target


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
    found: dict[str, str] = field(default_factory=dict)
    """Name, namespace, uid and resourceVersion of the object in the answer."""
