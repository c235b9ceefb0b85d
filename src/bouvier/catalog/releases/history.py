"""A release's revisions in the API."""

from __future__ import annotations

import contextlib

from bouvier.catalog.releases.revisions import Revision, decode, encode
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, key_of
from bouvier.meta.resources import SECRETS

KNOWN = 500
"""Revisions kept decoded: fifty releases with ten each."""


class History:
    """Reads and writes revisions."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._decoded: dict[str, Revision] = {}
        """Revisions as last read or written, by their Secret: decoding costs milliseconds, and most never change."""

    async def read(self, namespace: str, name: str) -> list[Revision]:
        """Return the revisions of a release, oldest first; Secrets that hold none are passed over."""
        found = await self._client.list_all(SECRETS, namespace, label_selector=f"owner=helm,name={name}")
        revisions = []
        for secret in found.items:
            with contextlib.suppress(ValueError):
                revisions.append(self._known(secret))
        return sorted(revisions, key=lambda one: one.number)

    def _known(self, secret: Obj) -> Revision:
        key, version = key_of(secret), secret["metadata"].get("resourceVersion", "")
        known = self._decoded.get(key)
        if known is None or known.resource_version != version:
            known = self._decoded[key] = decode(secret)
            if len(self._decoded) > KNOWN:
                self._decoded.pop(next(iter(self._decoded)))
        return known

    async def create(self, revision: Revision) -> None:
        """Record a new revision."""
        made = await self._client.create(SECRETS, encode(revision))
        revision.resource_version = made["metadata"]["resourceVersion"]

    async def update(self, revision: Revision) -> None:
        """Record how far a revision has come, unless somebody else changed its record."""
        try:
            made = await self._client.update(SECRETS, encode(revision))
        except (ApiError, ConnectionError):
            # What was changed in memory is not what is recorded: it is read again.
            self._decoded.pop(f"{revision.namespace}/{revision.secret_name}", None)
            raise
        revision.resource_version = made["metadata"]["resourceVersion"]

    async def remove(self, revision: Revision) -> None:
        """Forget a revision."""
        self._decoded.pop(f"{revision.namespace}/{revision.secret_name}", None)
        try:
            await self._client.delete(SECRETS, revision.secret_name, revision.namespace)
        except ApiError as error:
            if error.reason != "NotFound":
                raise
