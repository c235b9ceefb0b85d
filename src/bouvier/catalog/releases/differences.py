"""The difference that a revision would make, object by object, as text. Pure."""

from __future__ import annotations

import copy
import difflib
import hashlib
from collections.abc import Collection, Sequence
from typing import Any

from bouvier.catalog.documents.yaml_writing import write_yaml
from bouvier.meta.objects import Obj, name_of, namespace_of

CONTEXT_LINES = 3
LONGEST = 20_000
"""Characters of one object's difference."""
_NOISE = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")


def change_of(obj: Obj, live: Obj | None, merged: Obj | None, hidden: Collection[str] = ()) -> dict[str, Any]:
    """Return what applying an object would do: `create`, `change` or `keep`, with its difference, `hidden` texts masked."""
    diff = difference(live, merged or obj, hidden)
    action = "create" if live is None else "change" if diff else "keep"
    return _line(obj, action, diff)


def removal_of(obj: Obj) -> dict[str, Any]:
    """Return the removal of an object."""
    return _line(obj, "delete", "")


def _line(obj: Obj, action: str, diff: str) -> dict[str, Any]:
    line = {"action": action, "apiVersion": obj["apiVersion"], "kind": obj["kind"], "name": name_of(obj)}
    return line | {key: text for key, text in (("namespace", namespace_of(obj)), ("diff", diff)) if text}


def difference(live: Obj | None, wanted: Obj, hidden: Collection[str] = ()) -> str:
    """Return the difference between two states of an object in the form of `diff -u`, empty when there is none."""
    before = _lines(live, hidden) if live is not None else []
    after = _lines(wanted, hidden)
    lines = list(difflib.unified_diff(before, after, lineterm="", n=CONTEXT_LINES))[2:]
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else text[:LONGEST] + "\n…"


def _lines(obj: Obj, hidden: Collection[str]) -> list[str]:
    return write_yaml(_without(readable(obj), sorted(hidden, key=len, reverse=True))).splitlines()


def _without(value: Any, hidden: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, hidden) for item in value]
    if isinstance(value, str):
        for text in hidden:
            value = value.replace(text, _masked(text))
    return value


def readable(obj: Obj) -> Obj:
    """Return an object without what the server keeps for itself, and with masked values if it is a Secret."""
    shown: Obj = copy.deepcopy(obj)
    shown.pop("status", None)
    for name in _NOISE:
        shown["metadata"].pop(name, None)
    if shown.get("kind") == "Secret":
        for part in ("data", "stringData"):
            if shown.get(part):
                shown[part] = {key: _masked(value) for key, value in shown[part].items()}
    return shown


def _masked(value: Any) -> str:
    """Return a text that tells only whether two values are the same."""
    return f"*** ({hashlib.sha256(str(value).encode()).hexdigest()[:8]})"


def summary(changes: Sequence[dict[str, Any]]) -> str:
    """Return how many objects a revision creates, changes, keeps and deletes."""
    words = (("create", "created"), ("change", "changed"), ("delete", "deleted"), ("keep", "unchanged"))
    counts = [(sum(one["action"] == action for one in changes), word) for action, word in words]
    return ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing"
