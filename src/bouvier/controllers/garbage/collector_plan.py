"""Decides the fate of one object from what is known of its owners and dependents.

The rule that everything serves: an object is deleted only if it has owners and not one of them is alive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bouvier.controllers.garbage.graph import FOREGROUND, ORPHAN, Vertex


class OwnerState(Enum):
    """What became of an owner."""

    ALIVE = "alive"
    ABSENT = "absent"
    """Verified at the server."""
    WAITING = "waiting"
    """Being deleted in the foreground: it waits for its dependents to go."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leave it."""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete it."""

    propagation: str


@dataclass(frozen=True, slots=True)
class Disown:
    """Remove the references to these owners, since others are alive."""

    uids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unblock:
    """Stop blocking the owners (a circle of foreground deletions would wait for itself), then delete."""


@dataclass(frozen=True, slots=True)
class OrphanDependents:
    """Remove the references to it from its dependents, then its finalizer."""

    dependents: tuple[Vertex, ...]


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Nothing holds it any more."""

    finalizer: str


@dataclass(frozen=True, slots=True)
class LookAt:
    """It waits for these dependents."""

    uids: tuple[str, ...]


Action = Nothing | Delete | Disown | Unblock | OrphanDependents | RemoveFinalizer | LookAt


def plan(item: Vertex, owners: Mapping[str, OwnerState], dependents: Sequence[Vertex]) -> Action:
    """Return what to do with an object; `owners` says the state of each of its owners by uid."""
    if item.orphans_dependents:
        return OrphanDependents(tuple(dependents))
    if item.awaits_dependents:
        return _wait(item, dependents)
    if item.deleting or not item.owners:
        return Nothing()
    states = {owner.uid: owners[owner.uid] for owner in item.owners}
    dead = frozenset(uid for uid, state in states.items() if state is not OwnerState.ALIVE)
    if len(dead) < len(states):
        return Disown(dead) if dead else Nothing()
    if OwnerState.WAITING in states.values() and dependents:
        circle = any(each.awaits_dependents for each in dependents)
        return Unblock() if circle and any(owner.blocks for owner in item.owners) else Delete("Foreground")
    return Delete(_propagation(item))


def _wait(item: Vertex, dependents: Sequence[Vertex]) -> Action:
    blocking = [each for each in dependents if any(o.uid == item.uid and o.blocks for o in each.owners)]
    if not blocking:
        return RemoveFinalizer(FOREGROUND)
    return LookAt(tuple(each.uid for each in blocking if not each.awaits_dependents))


def _propagation(item: Vertex) -> str:
    """Return how to delete: as the object's finalizers already ask for, else in the background."""
    if ORPHAN in item.finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in item.finalizers else "Background"
