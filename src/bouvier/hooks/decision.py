"""What a call comes to, and how an earlier attempt at it is recognised. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.kinds.hooks_v1.receivercalls import DONE, REFUSED, UNCHANGED
from bouvier.meta.objects import Obj, annotations_of, controller_of, name_of

PREFIX = "call.hooks.bouvier.io/"
"""Annotation of a target, with the receiver's name behind it: the receiver's last call that changed it, and how.

It is written together with the change. A call that is found there has been carried out, whenever its process died.
"""
OK, CONFLICT, FORBIDDEN, GONE = 200, 409, 403, 410


class Change(NamedTuple):
    """One thing that a call changes."""

    kind: str
    name: str
    before: str
    after: str
    api_version: str = "apps/v1"

    def entry(self) -> Obj:
        """Return the entry of the call's status."""
        made = {"apiVersion": self.api_version, "kind": self.kind, "name": self.name}
        return made | {"from": self.before, "to": self.after}


class Outcome(NamedTuple):
    """How a call ended."""

    result: str
    message: str
    code: int = OK
    changes: tuple[Change, ...] = ()


class Step(NamedTuple):
    """A change of one live object, and the patch that makes it."""

    change: Change
    patch: dict[str, Any]
    is_made: bool = False
    """An earlier attempt made it; the patch is empty."""


def unchanged(message: str) -> Outcome:
    """Return the outcome of a call that found nothing to do."""
    return Outcome(UNCHANGED, message)


def refused(message: str, code: int = CONFLICT) -> Outcome:
    """Return the outcome of a call that may not be carried out."""
    return Outcome(REFUSED, message, code)


def done(message: str, changes: list[Change]) -> Outcome:
    """Return the outcome of a call that was carried out."""
    return Outcome(DONE, message, OK, tuple(changes))


def mark(receiver: str, call: str, before: str, after: str) -> dict[str, str]:
    """Return the annotation that goes with a change."""
    return {PREFIX + receiver: f"{call} {before} -> {after}"}


def made_by(live: Obj, receiver: str, call: str) -> Change | None:
    """Return the change that a call has made to an object already, if it has."""
    text = annotations_of(live).get(PREFIX + receiver, "")
    name, _, what = text.partition(" ")
    if name != call:
        return None
    before, _, after = what.partition(" -> ")
    return Change(live["kind"], name_of(live), before, after, live["apiVersion"])


def hindrance(live: Obj) -> str:
    """Return why a change of an object would not last, empty when it would."""
    owner = controller_of(live)
    if owner is None:
        return ""
    name = f"{live['kind']}/{name_of(live)}"
    return f"{name} belongs to {owner['kind']}/{owner['name']}, which would undo the change: change that one"
