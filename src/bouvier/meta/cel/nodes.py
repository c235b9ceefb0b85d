"""The syntax tree. `at` is the offset that messages point to; the checker fills `type` in."""

from __future__ import annotations

from dataclasses import dataclass, field

from bouvier.meta.cel.functions import Overload
from bouvier.meta.cel.types import DYN, Type


@dataclass(slots=True)
class Node:
    """Any expression."""

    at: int
    type: Type = field(default=DYN, init=False)


@dataclass(slots=True)
class Literal(Node):
    """A constant."""

    value: object


@dataclass(slots=True)
class Name(Node):
    """A variable, a type or the first part of a qualified name."""

    name: str
    is_global: bool = False


@dataclass(slots=True)
class Select(Node):
    """`operand.field`; with `is_test` the macro `has`, with `is_optional` the form `operand.?field`."""

    operand: Node
    field: str
    is_test: bool = False
    is_optional: bool = False


@dataclass(slots=True)
class Call(Node):
    """A function, method or operator."""

    function: str
    target: Node | None
    args: list[Node]
    candidates: list[Overload] = field(default_factory=list, init=False)
    """Overloads that fit the static types, in the order in which they are tried."""


@dataclass(slots=True)
class ListNode(Node):
    """A list; the flag of an element says that it is optional."""

    elements: list[tuple[Node, bool]]


@dataclass(slots=True)
class MapNode(Node):
    """A map: key, value and whether the entry is optional."""

    entries: list[tuple[Node, Node, bool]]


@dataclass(slots=True)
class StructNode(Node):
    """An object of a named type."""

    name: str
    entries: list[tuple[str, Node, bool]]


@dataclass(slots=True)
class Loop(Node):
    """A macro over a list or map: `all`, `exists`, `exists_one`, `filter`, `map` or a `transform…`.

    `variables` are one or two names. `condition` is the test, or the filter of a transformation if it has one.
    """

    macro: str
    source: Node
    variables: tuple[str, ...]
    condition: Node | None
    result: Node | None


@dataclass(slots=True)
class Bind(Node):
    """`cel.bind(name, value, body)`, or `target.optMap(name, body)` when `optional` names the macro."""

    name: str
    value: Node
    body: Node
    optional: str = ""
