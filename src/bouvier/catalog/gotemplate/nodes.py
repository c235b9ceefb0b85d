"""The syntax tree of a template. Every node knows its offset in the source, from which errors tell line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Node:
    """One piece of a template."""

    offset: int


# Expressions


@dataclass(slots=True)
class Constant(Node):
    """A literal: text, number, boolean."""

    value: Any


@dataclass(slots=True)
class Nil(Node):
    """The word `nil`, which may only be an argument."""


@dataclass(slots=True)
class Dot(Node):
    """The present data: `.`."""


@dataclass(slots=True)
class FieldPath(Node):
    """Fields of the present data: `.a.b`."""

    names: list[str]


@dataclass(slots=True)
class Variable(Node):
    """A variable with fields of it: `$x.a`; `$` alone has the name `$`."""

    name: str
    names: list[str]


@dataclass(slots=True)
class Identifier(Node):
    """The name of a function."""

    name: str


@dataclass(slots=True)
class Chain(Node):
    """Fields of what another expression gives: `(f x).a.b`."""

    operand: Node
    names: list[str]


@dataclass(slots=True)
class Command(Node):
    """An operand with arguments: `f a b`."""

    arguments: list[Node]


@dataclass(slots=True)
class Pipeline(Node):
    """Commands, each given the value of the one before as its last argument; its value may go into variables."""

    commands: list[Command]
    variables: list[str] = field(default_factory=list)
    is_assignment: bool = False
    """`=` to variables that exist, in place of `:=`."""


# Statements


@dataclass(slots=True)
class Text(Node):
    """Text that is written as it is."""

    text: str


@dataclass(slots=True)
class Action(Node):
    """A pipeline whose value is written, unless it goes into a variable."""

    pipeline: Pipeline


@dataclass(slots=True)
class If(Node):
    """`if`: the body when the pipeline is true, else the other."""

    pipeline: Pipeline
    body: list[Node]
    otherwise: list[Node]


@dataclass(slots=True)
class With(Node):
    """`with`: the body with the pipeline's value as dot when it is true, else the other."""

    pipeline: Pipeline
    body: list[Node]
    otherwise: list[Node]


@dataclass(slots=True)
class Range(Node):
    """`range`: the body for each element, the other when there is none."""

    pipeline: Pipeline
    body: list[Node]
    otherwise: list[Node]


@dataclass(slots=True)
class Call(Node):
    """`template`: another template in this place."""

    name: str
    pipeline: Pipeline | None


@dataclass(slots=True)
class Break(Node):
    """`break`: leave the innermost range."""


@dataclass(slots=True)
class Continue(Node):
    """`continue`: go on with the next element of the innermost range."""


@dataclass(slots=True)
class Tree:
    """One template: a source file as a whole, or what a `define` in it names."""

    name: str
    file: str
    """Name of the source that it stands in, for messages."""
    source: str
    body: list[Node]
