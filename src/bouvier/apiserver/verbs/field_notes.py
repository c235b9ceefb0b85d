"""What is said of fields that are unknown or occur twice, in the original's order and words.

A JSON body is read once, so that everything is told in the order of the text, and an unknown field that occurs twice is
merely unknown. YAML and patches are read twice: first repeated fields are told, then the unknown ones of the whole
object, in the order of their names.
Source: Kubernetes' `test/integration/apiserver/field_validation_test.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from bouvier.apiserver.wire import bodies
from bouvier.apiserver.wire.json_body import repeated_and_unknown
from bouvier.kinds.kind import FieldHint, Kind

Tell = Callable[[list[str]], list[str]]
"""From the paths of unknown fields to all that is to be said."""

_STEP = re.compile(r"[^.\[\]]+")
_OPERATION_FIELDS = ("op", "path", "from", "value")


def of_body(kind: Kind, content_type: str, body: bytes, repeated: Sequence[FieldHint], *, is_strict: bool) -> Tell:
    """Return how a new object or an update is spoken of."""
    if bodies.is_yaml(content_type):
        return after(_lines(repeated, is_strict=is_strict), is_sorted=True)
    if kind.is_custom or not bodies.is_json(content_type):
        return after([hint.message for hint in repeated], is_sorted=True)
    return lambda unknown: repeated_and_unknown(body, unknown) if unknown or repeated else []


def of_patch(media: str, document: Any, repeated: Sequence[FieldHint]) -> list[str]:
    """Return what is to be said of a patch itself, whatever object it is for."""
    if media != bodies.JSON_PATCH:
        return [hint.message for hint in repeated]
    notes = []
    for index, operation in enumerate(document):
        fields = operation if isinstance(operation, dict) else {}
        notes += [f'unknown field "[{index}].{name}"' for name in fields if name not in _OPERATION_FIELDS]
        notes += [hint.message for hint in repeated if hint.path.startswith(f"[{index}].")]
    return [f"json patch {note}" for note in notes]


def after(notes: list[str], *, is_sorted: bool = False, is_inner_first: bool = False) -> Tell:
    """Return how unknown fields are told after other things."""
    if not is_sorted:
        return lambda unknown: notes + unknown_fields(unknown)
    return lambda unknown: (
        notes + unknown_fields(sorted(unknown, key=lambda path: _place(path, is_inner_first=is_inner_first)))
    )


def unknown_fields(paths: Sequence[str]) -> list[str]:
    """Return the words for unknown fields."""
    return [f'unknown field "{path}"' for path in paths]


def _place(path: str, *, is_inner_first: bool) -> list[tuple[bool, int, str]]:
    """Return where a field stands among others of an object whose names are sorted."""
    steps = _STEP.findall(path)
    last = len(steps) - 1 if is_inner_first else -1
    return [(n == last, int(step) if step.isdecimal() else 0, step) for n, step in enumerate(steps)]


def _lines(repeated: Sequence[FieldHint], *, is_strict: bool) -> list[str]:
    """Return what a YAML parser says: each line a warning of its own, in an error one text."""
    messages = [hint.message for hint in repeated]
    return [yaml_errors(messages)] if is_strict and messages else messages


def yaml_errors(messages: Sequence[str]) -> str:
    """Return several complaints of a YAML parser as one."""
    return "\n  ".join(["yaml: unmarshal errors:", *messages])
