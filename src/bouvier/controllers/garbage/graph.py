"""Who owns whom: the owner references of every object, turned around.

A vertex is *virtual* while it is known only from a reference: its object may not exist at all.
Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, name_of, namespace_of, uid_of

FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"


class Owner(NamedTuple):
    """An owner reference."""

    api_version: str
    kind: str
    name: str
    uid: str
    blocks: bool
    """The owner's foreground deletion waits for this dependent."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """What the collector knows of an object."""

    uid: str
    api_version: str
    kind: str
    namespace: str
    name: str
    resource: Resource | None = None
    """None while virtual and not looked up."""
    owners: tuple[Owner, ...] = ()
    finalizers: tuple[str, ...] = ()
    deleting: bool = False
    virtual: bool = False

    @property
    def awaits_dependents(self) -> bool:
        """Tell whether it is being deleted in the foreground."""
        return self.deleting and FOREGROUND in self.finalizers

    @property
    def orphans_dependents(self) -> bool:
        """Tell whether it is being deleted and leaves its dependents behind."""
        return self.deleting and ORPHAN in self.finalizers


def vertex(resource: Resource, obj: Obj) -> Vertex:
    """Return the vertex of an object (its metadata suffices)."""
    metadata = obj["metadata"]
    return Vertex(
        uid=uid_of(obj),
        api_version=resource.api_version,
        kind=resource.kind,
        namespace=namespace_of(obj),
        name=name_of(obj),
        resource=resource,
        owners=owners_of(obj),
        finalizers=tuple(metadata.get("finalizers") or ()),
        deleting=is_deleting(obj),
    )


def owners_of(obj: Obj) -> tuple[Owner, ...]:
    """Return the owner references of an object."""
    return tuple(
        Owner(r["apiVersion"], r["kind"], r["name"], r["uid"], bool(r.get("blockOwnerDeletion")))
        for r in obj["metadata"].get("ownerReferences") or ()
    )


class Graph:
    """All vertices. `put` and `remove` return the uids that must be looked at because of the change."""

    def __init__(self) -> None:
        self._vertices: dict[str, Vertex] = {}
        self._dependents: dict[str, set[str]] = {}

    def get(self, uid: str) -> Vertex | None:
        """Return a vertex."""
        return self._vertices.get(uid)

    def dependents(self, uid: str) -> list[Vertex]:
        """Return the vertices that name `uid` as an owner."""
        return [self._vertices[each] for each in self._dependents.get(uid, ()) if each in self._vertices]

    def put(self, new: Vertex) -> set[str]:
        """Take in the present state of an object."""
        old = self._vertices.get(new.uid)
        if old == new:
            return set()
        self._vertices[new.uid] = new
        before = old.owners if old else ()
        self._unlink(new.uid, before)
        for owner in new.owners:
            self._dependents.setdefault(owner.uid, set()).add(new.uid)
        look = self._virtual_owners(new)
        if (old is None or old.owners != new.owners) and self.owners_elsewhere(new):
            look.add(new.uid)
        look |= {owner.uid for owner in before if owner not in new.owners and self._is_waiting(owner.uid)}
        if new.awaits_dependents or new.orphans_dependents:
            look.add(new.uid)
            look |= {owner.uid for owner in new.owners if self._is_waiting(owner.uid)}
        if old is not None and not old.virtual and before != new.owners:
            look.add(new.uid)
        return look

    def remove(self, uid: str) -> set[str]:
        """Take in that an object is gone."""
        old = self._vertices.pop(uid, None)
        look = set(self._dependents.get(uid, ()))
        if old is not None:
            self._unlink(uid, old.owners)
            look |= {owner.uid for owner in old.owners if self._is_waiting(owner.uid)}
        return look

    def _virtual_owners(self, new: Vertex) -> set[str]:
        """Note owners that were never seen, and ask to verify them."""
        unknown = [owner for owner in new.owners if owner.uid not in self._vertices]
        for owner in unknown:
            self._vertices[owner.uid] = Vertex(
                owner.uid, owner.api_version, owner.kind, new.namespace, owner.name, virtual=True
            )
        return {owner.uid for owner in unknown}

    def owners_elsewhere(self, item: Vertex) -> list[Vertex]:
        """Return the owners that stand in another namespace: references to them name nothing in the object's own."""
        known = [self._vertices.get(owner.uid) for owner in item.owners]
        return [
            one for one in known if one is not None and not one.virtual and one.namespace not in ("", item.namespace)
        ]

    def _is_waiting(self, uid: str) -> bool:
        found = self._vertices.get(uid)
        return found is not None and found.awaits_dependents

    def _unlink(self, uid: str, owners: Iterable[Owner]) -> None:
        for owner in owners:
            linked = self._dependents.get(owner.uid)
            if linked is None:
                continue
            linked.discard(uid)
            if not linked:
                del self._dependents[owner.uid]
