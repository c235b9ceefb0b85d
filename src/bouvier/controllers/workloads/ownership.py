"""Which objects a controller owns: those it made, those it adopts because they match, less those it lets go.

Source: https://github.com/kubernetes/design-proposals-archive/blob/main/apps/controller-ref.md
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.meta.objects import Obj, controller_of, is_deleting, labels_of, owner_reference, uid_of
from bouvier.meta.selectors import LabelSelector


@dataclass(frozen=True, slots=True)
class Claim:
    """The sorted candidates."""

    owned: list[Obj] = field(default_factory=list)
    adopt: list[Obj] = field(default_factory=list)
    """Match and have no controller: become owned once the owner is seen alive at the server."""
    release: list[Obj] = field(default_factory=list)
    """Owned, but no longer match."""


def claim(owner: Obj, selector: LabelSelector, candidates: Iterable[Obj]) -> Claim:
    """Sort objects by whether `owner` owns, adopts or releases them; a deleting owner neither adopts nor releases."""
    result = Claim()
    alive = not is_deleting(owner)
    for candidate in candidates:
        controller = controller_of(candidate)
        matches = selector.matches(labels_of(candidate))
        if controller is None:
            if matches and alive and not is_deleting(candidate):
                result.adopt.append(candidate)
        elif controller.get("uid") == uid_of(owner):
            (result.owned if matches or not alive else result.release).append(candidate)
    return result


class ReferencePatch(NamedTuple):
    """A merge patch of owner references, refused by the server if the object has changed meanwhile."""

    target: Obj
    body: dict[str, Any]


def adoption(owner: Obj, target: Obj) -> ReferencePatch:
    """Return the patch that makes `owner` the controller of `target`."""
    kept = [r for r in target["metadata"].get("ownerReferences") or () if r.get("uid") != uid_of(owner)]
    return _references(target, [*kept, owner_reference(owner)])


def release(owner: Obj, target: Obj) -> ReferencePatch:
    """Return the patch that removes `owner` from the owners of `target`."""
    return _references(target, [r for r in target["metadata"]["ownerReferences"] if r.get("uid") != uid_of(owner)])


def _references(target: Obj, references: list[dict[str, Any]]) -> ReferencePatch:
    metadata = {
        "uid": uid_of(target),
        "resourceVersion": target["metadata"]["resourceVersion"],
        "ownerReferences": references or None,
    }
    return ReferencePatch(target, {"metadata": metadata})
