"""The refusal of an apply that would change fields of other managers.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.fieldset import show_path


class FieldConflict(NamedTuple):
    """One field that an apply would take from one other manager."""

    manager: str
    """The manager as messages show it; see `show_manager`."""
    path: tuple[str, ...]


def show_manager(entry: dict[str, Any]) -> str:
    """Return who an entry of `managedFields` belongs to, as messages show it."""
    text = f'"{entry.get("manager", "")}"'
    if entry.get("subresource"):
        text += f' with subresource "{entry["subresource"]}"'
    if entry.get("operation") == "Update":
        text += f" using {entry.get('apiVersion', '')}"
    return text


def conflict_error(conflicts: list[FieldConflict]) -> ApiError:
    """Return the Conflict with one cause for each field."""
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {conflict.manager}",
            "field": show_path(conflict.path),
        }
        for conflict in conflicts
    ]
    return ApiError("Conflict", _message(conflicts), code=409, details={"causes": causes})


def _message(conflicts: list[FieldConflict]) -> str:
    if len(conflicts) == 1:
        (conflict,) = conflicts
        return f"Apply failed with 1 conflict: conflict with {conflict.manager}: {show_path(conflict.path)}"
    lines: list[str] = []
    for manager in sorted({conflict.manager for conflict in conflicts}):
        lines.append(f"conflicts with {manager}:")
        lines += [f"- {show_path(conflict.path)}" for conflict in conflicts if conflict.manager == manager]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)
