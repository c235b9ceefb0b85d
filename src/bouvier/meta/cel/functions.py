"""How functions are described: one overload for each combination of argument types."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bouvier.meta.cel.types import Type
from bouvier.meta.cel.values import kind_of

Cost = Callable[..., int]
"""From a call's arguments to what it costs."""

TRAVERSAL = 0.1
"""Cost of going over one character or byte. Source: cel-go's `StringTraversalCostFactor`."""
REGEX_LENGTH = 0.25
"""Cost of one character of a regular expression. Source: cel-go's `RegexStringLengthCostFactor`."""


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function. A method's first parameter is its target."""

    name: str
    params: tuple[Type, ...]
    result: Type
    run: Callable[..., Any]
    is_method: bool = False
    cost: Cost | None = None
    """None for functions that cost 1."""

    def accepts(self, values: tuple[Any, ...]) -> bool:
        """Tell whether the values have the types that this overload wants."""
        return len(values) == len(self.params) and all(
            wants(param, value) for param, value in zip(self.params, values, strict=True)
        )


def wants(param: Type, value: Any) -> bool:
    """Tell whether a value may be an argument for a parameter."""
    if param.kind in ("dyn", "param"):
        return True
    kind = kind_of(value)
    if param.kind == "opaque":
        return kind == param.name
    return kind == ("map" if param.kind == "object" else param.kind)


def function(
    name: str, params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: Cost | None = None
) -> Overload:
    """Describe a global function."""
    return Overload(name, params, result, run, cost=cost)


def method(
    name: str, params: tuple[Type, ...], result: Type, run: Callable[..., Any], cost: Cost | None = None
) -> Overload:
    """Describe a method; the first parameter is its target."""
    return Overload(name, params, result, run, is_method=True, cost=cost)


Functions = Mapping[tuple[str, bool], list[Overload]]
"""Overloads by name and by whether they are methods."""


def gathered(*libraries: Iterable[Overload]) -> Functions:
    """Return the overloads of several libraries by name."""
    found: dict[tuple[str, bool], list[Overload]] = {}
    for library in libraries:
        for overload in library:
            found.setdefault((overload.name, overload.is_method), []).append(overload)
    return found


def size(value: Any) -> int:
    """Return the length that costs are computed from; 1 for values that have none."""
    return len(value) if hasattr(value, "__len__") else 1


def traversal(factor: float = TRAVERSAL, which: int = 0) -> Cost:
    """Return the cost of going over one argument."""

    def cost(*args: Any) -> int:
        return math.ceil(size(args[which]) * factor)

    return cost


def once_over(*args: Any) -> int:
    """Return the cost of an operation on each element of the first argument."""
    return size(args[0])


def search(text: Any, pattern: Any, *_rest: Any) -> int:
    """Return the cost of searching a text by a regular expression."""
    return math.ceil((1 + size(text)) * TRAVERSAL) * math.ceil(size(pattern) * REGEX_LENGTH)
