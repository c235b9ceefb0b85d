"""Removes join tokens a day after they expired; until then a host that tries one is told that it is too old."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime

from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.controller import Again
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import SECRETS

TYPE = "bootstrap.kubernetes.io/token"
KEPT_SECONDS = 86400.0


class JoinTokenController:
    """Deletes Secrets of type `bootstrap.kubernetes.io/token`."""

    name = "join-tokens"
    workers = 1
    reads = (SECRETS,)
    writes = (SECRETS,)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch the tokens."""
        self._secrets: Informer = informers.informer(SECRETS, field_selector=f"type={TYPE}")
        self._secrets.add_handler(lambda _type, _old, new: queue.add(key_of(new)))

    async def reconcile(self, key: str) -> Again | None:
        """Delete the token if its time has passed long ago, else come back then."""
        secret = self._secrets.get(key)
        left = seconds_left(secret, datetime.now(UTC)) if secret else None
        if secret is None or left is None:
            return None
        if left > 0:
            return Again(left + 1)
        try:
            await self._client.delete(SECRETS, name_of(secret), namespace_of(secret), uid=uid_of(secret))
        except ApiError as error:
            if error.reason not in ("NotFound", "Conflict"):
                raise
        return None


def seconds_left(secret: Obj, now: datetime) -> float | None:
    """Return how long a token is still kept; None for one without an expiration that can be read."""
    try:
        text = base64.b64decode((secret.get("data") or {}).get("expiration", "")).decode()
        return (datetime.fromisoformat(text) - now).total_seconds() + KEPT_SECONDS
    except (ValueError, TypeError, binascii.Error):
        return None
