"""The history of a stack: each state that it was asked to have, as a sealed Secret that the Stack owns.

A revision is everything in the spec that its objects follow from; pausing and pinning make none. Asking again for an
earlier state gives that state a new number, as with Deployments.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, owner_reference
from bouvier.stacks.resource import STACK_LABEL

REVISION_TYPE = "stacks.bouvier.io/revision"
NUMBER = "stacks.bouvier.io/revision"
_KEY = "spec"
_NOT_PART = frozenset({"paused", "pinned", "revisionHistoryLimit"})


class Revision(NamedTuple):
    """One state of a stack."""

    number: int
    spec: Obj
    name: str
    """Of the Secret that holds it."""


def content_of(spec: Obj) -> Obj:
    """Return the part of a spec that a revision keeps."""
    return {key: value for key, value in spec.items() if key not in _NOT_PART}


def restored(spec: Obj, revision: Revision) -> Obj:
    """Return the spec with the content of a revision, not paused, with nothing pinned."""
    kept = {key: value for key, value in spec.items() if key == "revisionHistoryLimit"}
    return {**revision.spec, **kept}


def read(secrets: Sequence[Obj], stack_name: str) -> list[Revision]:
    """Return the revisions among the Secrets of a namespace, oldest first."""
    found = []
    for secret in secrets:
        labels = secret["metadata"].get("labels") or {}
        if secret.get("type") == REVISION_TYPE and labels.get(STACK_LABEL) == stack_name:
            spec = json.loads(base64.b64decode(secret["data"][_KEY]))
            found.append(Revision(int(annotations_of(secret).get(NUMBER, "0")), spec, name_of(secret)))
    return sorted(found)


def name_for(stack: Obj) -> str:
    """Return the name of the Secret of the stack's present content."""
    text = json.dumps(content_of(stack["spec"]), sort_keys=True)
    return f"{name_of(stack)}-revision-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def secret_for(stack: Obj, number: int) -> Obj:
    """Return the Secret that keeps the stack's present content."""
    text = json.dumps(content_of(stack["spec"]), sort_keys=True)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name_for(stack),
            "namespace": namespace_of(stack),
            "labels": {STACK_LABEL: name_of(stack)},
            "annotations": {NUMBER: str(number)},
            "ownerReferences": [owner_reference(stack)],
        },
        "type": REVISION_TYPE,
        "data": {_KEY: base64.b64encode(text.encode()).decode()},
    }


def choose(revisions: Sequence[Revision], current: int, wanted: int | None) -> Revision:
    """Return the wanted revision, or the one before the current.

    Raises:
        ValueError: there is none.
    """
    known = ", ".join(str(one.number) for one in revisions) or "none"
    if wanted is None:
        earlier = [one for one in revisions if one.number < current]
        if not earlier:
            raise ValueError(f"there is no revision before {current} (known: {known})")
        return earlier[-1]
    found = next((one for one in revisions if one.number == wanted), None)
    if found is None:
        raise ValueError(f"there is no revision {wanted} (known: {known})")
    return found
