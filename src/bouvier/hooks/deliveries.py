"""Which call this is: the sender's own id of it, and the name of the object that it becomes. Pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

HEADERS = (
    "Idempotency-Key",
    "Webhook-Id",
    "X-GitHub-Delivery",
    "X-Gitea-Delivery",
    "X-Gitlab-Event-UUID",
    "X-Delivery-Id",
)
"""Headers by which senders name a call and repeat that name when they try again; the first that is there counts."""
MOST_CHARACTERS = 256
_BASE = 200
"""Names of objects end at 253."""


def delivery_of(header: Callable[[str], str], in_content: str = "") -> str:
    """Return the sender's id of a call: from a header, else from the content, else empty.

    Raises:
        ValueError: an id is too long.
    """
    for name in HEADERS:
        value = header(name)
        if value:
            if len(value) > MOST_CHARACTERS:
                raise ValueError(f"{name}: must be no more than {MOST_CHARACTERS} characters")
            return f"{name.lower()}:{value}"
    return in_content


def call_name(receiver: str, uid: str, delivery: str) -> str:
    """Return the name of a call: the same for the same delivery, another one each time without."""
    if not delivery:
        return f"{receiver[:_BASE]}-{secrets.token_hex(8)}"
    digest = hashlib.sha256(f"{uid}\n{delivery}".encode()).hexdigest()
    return f"{receiver[:_BASE]}-{digest[:32]}"
