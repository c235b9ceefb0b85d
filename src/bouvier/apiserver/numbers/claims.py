"""Claims of numbers in the store: objects whose creation is the compare-and-swap between servers.

Whoever wrote a claim last owns it: a claim of the same Service is taken over by writing it again, and every removal
names the revision that the remover knew.
"""

from __future__ import annotations

from typing import NamedTuple

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.hub import CacheHub, StoreKey
from bouvier.kinds.networking_v1.ipaddresses import FAMILY_LABEL, MANAGED_BY_LABEL, MANAGER
from bouvier.meta.objects import Obj
from bouvier.meta.resources import IPADDRESSES, NODEPORTCLAIMS, SERVICES
from bouvier.store.interface import KeyExistsError, RevisionMismatchError
from bouvier.util.clock import now_text
from bouvier.util.uids import new_uid

Number = str | int
"""An address as text, a node port as number."""


class Claim(NamedTuple):
    """A claim as this server last knew it."""

    key: StoreKey
    revision: int
    is_new: bool
    """Whether it was made, not taken over."""


class ClaimedError(Exception):
    """Raised when a number belongs to somebody else."""


def claim_object(service: StoreKey, number: Number) -> Obj:
    """Return the claim of a number for a Service."""
    resource = IPADDRESSES if isinstance(number, str) else NODEPORTCLAIMS
    metadata: Obj = {"name": str(number), "uid": new_uid(), "creationTimestamp": now_text()}
    if isinstance(number, str):
        metadata["labels"] = {FAMILY_LABEL: "IPv6" if ":" in number else "IPv4", MANAGED_BY_LABEL: MANAGER}
    parent = {"group": "", "resource": SERVICES.plural, "namespace": service.namespace, "name": service.name}
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "metadata": metadata,
        "spec": {"parentRef": parent},
    }


def belongs(claim: Obj, service: StoreKey) -> bool:
    """Tell whether a claim names this Service."""
    parent = (claim.get("spec") or {}).get("parentRef") or {}
    found = parent.get("group") or "", parent.get("resource"), parent.get("namespace"), parent.get("name")
    return found == ("", SERVICES.plural, service.namespace, service.name)


class Claims:
    """Reads claims from the cache and writes them to the store."""

    def __init__(self, hub: CacheHub) -> None:
        self._hub = hub

    def is_claimed(self, service: StoreKey, number: Number) -> bool:
        """Tell whether the cache shows a claim that is not of this Service."""
        entry = self._entry(_key(service.cluster, number))
        return entry is not None and not belongs(entry.decode(), service)

    def exists(self, cluster: str, number: Number) -> bool:
        """Tell whether the cache shows any claim of a number."""
        return self._entry(_key(cluster, number)) is not None

    def known(self, service: StoreKey, number: Number) -> Claim | None:
        """Return the Service's own claim of a number as the cache has it."""
        key = _key(service.cluster, number)
        entry = self._entry(key)
        if entry is None or not belongs(entry.decode(), service):
            return None
        return Claim(key, entry.revision, is_new=False)

    async def take(self, service: StoreKey, number: Number) -> Claim:
        """Write a claim, new or in the place of the Service's own.

        Raises:
            ClaimedError: somebody else has the number.
        """
        key = _key(service.cluster, number)
        value = codec.encode(claim_object(service, number))
        entry = self._entry(key)
        present = (entry.value, entry.revision) if entry else None
        while True:
            if present is not None and not belongs(codec.decode(present[0]), service):
                raise ClaimedError(number)
            try:
                if present is None:
                    return Claim(key, await self._hub.store.create(key.text(), value), is_new=True)
                return Claim(key, await self._hub.store.update(key.text(), value, present[1]), is_new=False)
            except (KeyExistsError, RevisionMismatchError):
                stored = await self._hub.store.get(key.text())
                present = (stored.value, stored.revision) if stored else None

    async def drop(self, claim: Claim) -> None:
        """Remove a claim unless somebody has written it since."""
        try:
            revision = await self._hub.store.delete(claim.key.text(), claim.revision)
        except RevisionMismatchError:
            return
        await self._hub.reached(revision)

    def _entry(self, key: StoreKey) -> Entry | None:
        found: Entry | None = self._hub.resource(key.cluster, key.group, key.plural).entries.get("/" + key.name)
        return found


def _key(cluster: str, number: Number) -> StoreKey:
    resource = IPADDRESSES if isinstance(number, str) else NODEPORTCLAIMS
    return StoreKey(cluster, resource.group, resource.plural, "", str(number))
