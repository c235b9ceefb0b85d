"""Cells and columns that several kinds' tables share.

Ages are relative to the moment of rendering: the value functions read the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from bouvier.kinds.kind import Column
from bouvier.meta.objects import Obj
from bouvier.util.durations import age_text

WIDE = 1
"""Priority of a column that only `-o wide` shows."""


def name_cell(obj: Obj) -> str:
    """Return the object's name."""
    return str(obj["metadata"].get("name", ""))


def age_cell(obj: Obj) -> str:
    """Return the time since the object was created."""
    return age_text(obj["metadata"].get("creationTimestamp"))


def created_cell(obj: Obj) -> str:
    """Return the moment of creation."""
    return str(obj["metadata"].get("creationTimestamp") or "<unknown>")


NAME = Column("Name", name_cell, format="name", description="Name must be unique within a namespace.")
AGE = Column("Age", age_cell, description="Time since the object was created.")
CREATED_AT = Column("Created At", created_cell, type="date", description="Moment of creation, in UTC.")
DEFAULT_COLUMNS = (NAME, CREATED_AT)
"""What kinds without columns of their own show."""


def text(title: str, *path: str, default: str = "", priority: int = 0) -> Column:
    """Return a column that shows the text at a path."""
    return Column(title, lambda obj: str(value_at(obj, path) or default), priority=priority)


def number(title: str, *path: str, default: int = 0, priority: int = 0, kind: str = "integer") -> Column:
    """Return a column that shows the number at a path; some of Kubernetes' are declared as text."""

    def cell(obj: Obj) -> Any:
        value = value_at(obj, path)
        return default if value is None else value

    return Column(title, cell, type=kind, priority=priority)


def cell(title: str, value: Callable[[Obj], Any], priority: int = 0, *, kind: str = "string") -> Column:
    """Return a column with a value function of its own."""
    return Column(title, value, type=kind, priority=priority)


def value_at(obj: Mapping[str, Any], path: Iterable[str]) -> Any:
    """Return the value at a path of fields, None when any of them is absent."""
    current: Any = obj
    for step in path:
        if not isinstance(current, Mapping):
            return None
        current = current.get(step)
    return current


def at(*path: str) -> Callable[[Obj], str]:
    """Return a function that reads the text at a path: what field selectors compare."""

    def read(obj: Obj) -> str:
        value = value_at(obj, path)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return read


def labels_text(labels: Mapping[str, str] | None) -> str:
    """Return labels as `a=b,c=d` in order of the keys, `<none>` when there are none."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) if labels else "<none>"


def selector_text(selector: Mapping[str, Any] | None) -> str:
    """Return a `metav1.LabelSelector` as text, `<none>` when it is empty."""
    if not selector:
        return "<none>"
    parts = {key: f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()}
    for expression in selector.get("matchExpressions") or ():
        parts[expression.get("key", "")] = _expression_text(expression)
    return ",".join(parts[key] for key in sorted(parts)) or "<none>"


def _expression_text(expression: Mapping[str, Any]) -> str:
    key, operator = expression.get("key", ""), expression.get("operator")
    if operator == "Exists":
        return str(key)
    if operator == "DoesNotExist":
        return f"!{key}"
    word = "in" if operator == "In" else "notin"
    return f"{key} {word} ({','.join(sorted(expression.get('values') or ()))})"


def template_containers(obj: Obj) -> list[dict[str, Any]]:
    """Return the containers of the object's pod template."""
    return value_at(obj, ("spec", "template", "spec", "containers")) or []


def container_names(obj: Obj) -> str:
    """Return the names of the template's containers."""
    return ",".join(str(one.get("name", "")) for one in template_containers(obj))


def container_images(obj: Obj) -> str:
    """Return the images of the template's containers."""
    return ",".join(str(one.get("image", "")) for one in template_containers(obj))


TEMPLATE_COLUMNS = (
    cell("Containers", container_names, WIDE),
    cell("Images", container_images, WIDE),
)
SELECTOR_COLUMN = cell("Selector", lambda obj: selector_text(value_at(obj, ("spec", "selector"))), WIDE)
