"""What checking a body against its schema finds, and the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bouvier.meta.errors import FieldError


@dataclass(slots=True)
class SchemaFindings:
    """What does not fit the schema. Empty when the body fits."""

    errors: list[FieldError] = field(default_factory=list)
    """Wrong types and forms; for custom kinds also required fields, ranges, patterns and enumerations."""
    places: list[Sequence[Any]] = field(default_factory=list)
    """Where each error of a custom object is, as keys and indices."""
    unknown: list[str] = field(default_factory=list)
    """Paths of fields that the kind does not have: `spec.template.spec.containers[0].imag`."""
    malformed: str = ""
    """Message of the BadRequest for a body that does not decode as its kind; empty for custom kinds, whose errors are Invalid."""
    nulls: list[Sequence[Any]] = field(default_factory=list)
    """Where nulls stand in the place of a value, as keys and indices: `prune` removes them."""

    @property
    def needs_pruning(self) -> bool:
        """Tell whether `prune` would change the body."""
        return bool(self.nulls or self.unknown)


def path_text(steps: Iterable[tuple[str | int, bool]]) -> str:
    """Return a path as field errors name it; the flag of a step tells a declared field from a map key."""
    text = ""
    for step, is_declared in steps:
        if not is_declared:
            text += f"[{step}]"
        else:
            text += f".{step}" if text else str(step)
    return text


def type_invalid(path: str, value: Any, detail: str) -> FieldError:
    """Return the error for a value of the wrong type."""
    return FieldError("FieldValueTypeInvalid", path or "<root>", f"Invalid value: {show(value)}: {detail}")


def show(value: Any) -> str:
    """Return a value as messages quote it: JSON."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
