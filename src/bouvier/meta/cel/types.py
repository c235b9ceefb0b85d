"""Static types of expressions and when a value of one may stand for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Type:
    """A type. Object types are equal when their names are; everything else is equal by form."""

    kind: str
    params: tuple[Type, ...] = ()
    name: str = ""
    fields: Mapping[str, Type] = field(default_factory=dict, compare=False, hash=False)
    """Of an object type: its fields under the names that expressions use."""
    real_names: Mapping[str, str] = field(default_factory=dict, compare=False, hash=False)
    """Names in the data of those fields that expressions name otherwise."""
    max_size: int = field(default=-1, compare=False, hash=False)
    """Largest number of characters, elements or entries; -1 when nothing is known."""
    is_open: bool = field(default=False, compare=False, hash=False)
    """Of an object type: any field may be named, those not declared are of any type."""

    def __str__(self) -> str:
        if self.kind in ("object", "opaque", "param"):
            inner = f"({', '.join(map(str, self.params))})" if self.params else ""
            return self.name + inner
        return f"{self.kind}({', '.join(map(str, self.params))})" if self.params else self.kind


DYN = Type("dyn")
NULL = Type("null")
BOOL = Type("bool")
INT = Type("int")
UINT = Type("uint")
DOUBLE = Type("double")
STRING = Type("string")
BYTES = Type("bytes")
TIMESTAMP = Type("timestamp")
DURATION = Type("duration")
A, B = Type("param", name="A"), Type("param", name="B")
_OPTIONAL = "optional_type"


def list_of(element: Type, max_size: int = -1) -> Type:
    """Return the type of a list."""
    return Type("list", (element,), max_size=max_size)


def map_of(key: Type, value: Type, max_size: int = -1) -> Type:
    """Return the type of a map."""
    return Type("map", (key, value), max_size=max_size)


def optional_of(inner: Type) -> Type:
    """Return the type of an optional value."""
    return Type("opaque", (inner,), _OPTIONAL)


def type_of(inner: Type) -> Type:
    """Return the type of a type."""
    return Type("type", (inner,))


def opaque(name: str) -> Type:
    """Return the type of a library's own values."""
    return Type("opaque", (), name)


def is_optional(one: Type) -> bool:
    """Tell whether this is an optional type."""
    return one.name == _OPTIONAL


Bindings = dict[str, Type]
"""What type parameters stand for."""


def assignable(wanted: Type, given: Type, bound: Bindings) -> bool:
    """Tell whether `given` may stand where `wanted` is asked for, binding type parameters on the way."""
    if wanted.kind == "param":
        return _bind(wanted, given, bound)
    if given.kind == "param":
        return True
    if "dyn" in (wanted.kind, given.kind):
        return True
    if given.kind == "null":
        return wanted.kind in ("null", "object", "timestamp", "duration", "opaque")
    if wanted.kind == "null":
        return given.kind in ("object", "timestamp", "duration", "opaque")
    if wanted.kind != given.kind or wanted.name != given.name or len(wanted.params) != len(given.params):
        return _object_as_map(wanted, given)
    return all(assignable(one, two, bound) for one, two in zip(wanted.params, given.params, strict=True))


def _object_as_map(wanted: Type, given: Type) -> bool:
    """Tell whether one is an object whose fields are not known, and the other a map."""
    return {wanted.kind, given.kind} == {"object", "map"} and (wanted.is_open or given.is_open)


def _bind(wanted: Type, given: Type, bound: Bindings) -> bool:
    known = bound.get(wanted.name)
    if known is None or (known.kind in ("dyn", "null") and known != given):
        bound[wanted.name] = given
        return known is None or assignable(given, known, bound)
    return assignable(known, given, bound)


def substituted(one: Type, bound: Bindings) -> Type:
    """Return the type with its parameters replaced; those still free become `dyn`."""
    if one.kind == "param":
        return bound.get(one.name, DYN)
    if not one.params:
        return one
    return Type(one.kind, tuple(substituted(part, bound) for part in one.params), one.name, max_size=one.max_size)


def joined(types: list[Type]) -> Type:
    """Return the type of a collection's elements: their common one, or `dyn`."""
    if not types:
        return DYN
    first = types[0]
    for other in types[1:]:
        if first.kind == "null" and assignable(other, first, {}):
            first = other
        elif other.kind == "dyn" or not assignable(first, other, {}):
            return DYN
    return first
