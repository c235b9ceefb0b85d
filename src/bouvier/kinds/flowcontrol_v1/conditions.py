"""The conditions in the status of both kinds: one of each type, and each has a type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required
from bouvier.meta.objects import Obj


def conditions(obj: Obj) -> Errors:
    """Check the conditions of an object's status."""
    found: Sequence[dict[str, Any]] = (obj.get("status") or {}).get("conditions") or ()
    yield from fields.unique("status.conditions", (one.get("type") for one in found), "type")
    for index, one in enumerate(found):
        if not one.get("type"):
            yield required(f"status.conditions[{index}].type", "must not be empty")
