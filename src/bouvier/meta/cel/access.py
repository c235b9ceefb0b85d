"""Reaching into values: fields, indices, and their forms that bear absence."""

from __future__ import annotations

from typing import Any

from bouvier.meta.cel.errors import EvaluationError, no_overload
from bouvier.meta.cel.frames import UNSET, Frame, Run
from bouvier.meta.cel.nodes import Node, Select
from bouvier.meta.cel.values import NONE, Optional, to_key


def chain_of(node: Node) -> tuple[Node, tuple[str, ...]]:
    """Return where a chain of plain selections starts, and its fields."""
    fields: list[str] = []
    while isinstance(node, Select) and node.field and not node.is_test and not node.is_optional:
        fields.append(node.field)
        node = node.operand
    return node, tuple(reversed(fields))


def path_of_variable(slot: int, name: str, fields: tuple[str, ...]) -> Run:
    """Return how to follow fields from a variable."""
    cost = 1 + len(fields)

    def run(frame: Frame) -> Any:
        frame.cost += cost
        value = frame.slots[slot]
        if value is UNSET:
            raise EvaluationError(f"no such attribute(s): {name}")
        for field in fields:
            try:
                value = value[field]
            except KeyError:
                raise EvaluationError(f"no such key: {field}") from None
            except TypeError:
                value = _field_of_other(value, field)
        return value

    return run


def path_of_value(operand: Run, fields: tuple[str, ...]) -> Run:
    """Return how to follow fields from any value."""
    cost = len(fields)

    def run(frame: Frame) -> Any:
        frame.cost += cost
        value = operand(frame)
        for field in fields:
            try:
                value = value[field]
            except KeyError:
                raise EvaluationError(f"no such key: {field}") from None
            except TypeError:
                value = _field_of_other(value, field)
        return value

    return run


def tested(operand: Run, field: str) -> Run:
    """Return `has(operand.field)`."""

    def run(frame: Frame) -> Any:
        value = operand(frame)
        if isinstance(value, dict):
            return field in value
        if type(value) is Optional:
            return value.has_value and field in value.value
        raise no_overload()

    return run


def optional_field(operand: Run, field: str) -> Run:
    """Return `operand.?field`."""

    def run(frame: Frame) -> Any:
        frame.cost += 1
        return _maybe(operand(frame), field)

    return run


def _maybe(value: Any, key: Any) -> Optional:
    """Return what a container or optional container holds under a key, if anything."""
    if type(value) is Optional:
        if not value.has_value:
            return NONE
        value = value.value
    if isinstance(value, dict):
        return Optional(value[key]) if key in value else NONE
    if isinstance(value, list) and isinstance(key, int):
        return Optional(value[key]) if 0 <= key < len(value) else NONE
    raise no_overload()


def _field_of_other(value: Any, field: str) -> Any:
    """Select from what is no map: from optional values; nothing else has fields."""
    if type(value) is Optional:
        return _maybe(value, field)
    raise EvaluationError("no such overload" if value is not None else f"no such key: {field}")


def index(container: Run, key: Run) -> Run:
    """Return `container[key]`."""

    def run(frame: Frame) -> Any:
        frame.cost += 1
        return indexed(container(frame), key(frame))

    return run


def indexed(value: Any, key: Any) -> Any:
    """Return the element of a list or the value of a map. Raises: EvaluationError when there is none."""
    if isinstance(value, dict):
        name = key if type(key) is str else to_key(key)
        try:
            return value[name]
        except KeyError:
            raise EvaluationError(f"no such key: {key}") from None
    if isinstance(value, list) and type(key) is not bool and isinstance(key, int | float):
        if key != int(key) or not 0 <= key < len(value):
            raise EvaluationError(
                f"index out of bounds: {key}" if key == int(key) else f"unsupported index value: {key}"
            )
        return value[int(key)]
    if type(value) is Optional:
        return _maybe(value, key)
    raise no_overload()


def optional_index(container: Run, key: Run) -> Run:
    """Return `container[?key]`."""

    def run(frame: Frame) -> Any:
        frame.cost += 1
        return _maybe(container(frame), key(frame))

    return run
