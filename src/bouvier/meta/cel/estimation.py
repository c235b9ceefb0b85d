"""What an expression can cost at most, from the largest sizes that its types allow.

The model is that of cel-go's checker with Kubernetes' figures for its libraries; only upper bounds are kept, since
those decide whether a rule is accepted.

Source: https://kubernetes.io/docs/reference/using-api/cel/#resource-constraints
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from bouvier.meta.cel.compiler import LIST_COST, MAP_COST, STRUCT_COST
from bouvier.meta.cel.functions import REGEX_LENGTH, TRAVERSAL
from bouvier.meta.cel.library.authorizers import CHECK_COST
from bouvier.meta.cel.nodes import Bind, Call, ListNode, Literal, Loop, MapNode, Name, Node, Select, StructNode
from bouvier.meta.cel.types import Type

UNBOUNDED = 2**64 - 1
"""Size of what nothing limits."""
_LONG = ("string", "bytes", "list", "map", "dyn", "object")
_ITERATION: Mapping[str, int] = {"all": 3, "exists": 4, "exists_one": 2, "filter": 13, "map": 12}
"""Cost of one step of a macro's fold, without the expressions in it."""
_LINEAR = ("url", "lowerAscii", "upperAscii", "substring", "trim", "cidr", "isIP", "isCIDR", "ip", "quantity")
_LISTS = ("isSorted", "sum", "max", "min", "indexOf", "lastIndexOf")


def most_expensive(node: Node) -> int:
    """Return the most that evaluating an expression can cost."""
    estimate = _NODES[type(node)]
    return min(UNBOUNDED, estimate(node))


def largest(node: Node) -> int:
    """Return the largest number of characters, elements or entries that the value can have."""
    if isinstance(node, Literal):
        return len(node.value) if isinstance(node.value, str | bytes) else 1
    if isinstance(node, ListNode):
        return len(node.elements)
    if isinstance(node, MapNode):
        return len(node.entries)
    if isinstance(node, Loop) and node.macro != "transformMapEntry":
        return largest(node.source)
    if isinstance(node, Call):
        return _result_size(node)
    return size_of(node.type)


def size_of(one: Type) -> int:
    """Return the largest size of a type's values; 1 for values without a length."""
    if one.kind not in _LONG:
        return 1
    return one.max_size if one.max_size >= 0 else UNBOUNDED


def _result_size(node: Call) -> int:
    name = node.function
    arguments = node.args if node.target is None else [node.target, *node.args]
    if name == "_+_":
        return largest(arguments[0]) + largest(arguments[1])
    if name == "_?_:_":
        return max(largest(arguments[1]), largest(arguments[2]))
    if name in (
        "lowerAscii",
        "upperAscii",
        "substring",
        "trim",
        "split",
        "find",
        "findAll",
        "reverse",
        "string",
        "dyn",
    ):
        return largest(arguments[0])
    if name == "join":
        separator = largest(arguments[1]) if len(arguments) > 1 else 0
        return largest(arguments[0]) * (_element_size(arguments[0]) + separator)
    if name == "replace":
        return largest(arguments[0]) * max(1, largest(arguments[2])) + largest(arguments[0])
    return size_of(node.type)


def _element_size(node: Node) -> int:
    return size_of(node.type.params[0]) if node.type.kind == "list" else UNBOUNDED


def _traversed(node: Node, factor: float = TRAVERSAL) -> int:
    return _scaled(largest(node), factor)


def _scaled(size: int, factor: float) -> int:
    return UNBOUNDED if size >= UNBOUNDED else math.ceil(size * factor)


def _call(node: Call) -> int:
    arguments = node.args if node.target is None else [node.target, *node.args]
    costs = [most_expensive(argument) for argument in arguments]
    if node.function == "_?_:_":
        return costs[0] + max(costs[1:])
    if node.function in ("_&&_", "_||_"):
        return sum(costs)
    return sum(costs) + _own(node.function, arguments)


def _own(name: str, arguments: list[Node]) -> int:
    """Return the cost of a function, without its arguments."""
    if name == "check":
        return CHECK_COST
    if name in _LISTS and arguments[0].type.kind == "list":
        element = size_of(arguments[0].type.params[0])
        return largest(arguments[0]) * (1 + _scaled(element if element > 1 else 0, TRAVERSAL))
    special = _OWN.get(name)
    if special is not None:
        return special(arguments)
    return 1


def _shorter(arguments: list[Node]) -> int:
    return max(1, _scaled(min(largest(arguments[0]), largest(arguments[1])), TRAVERSAL))


def _search(arguments: list[Node]) -> int:
    return _scaled(largest(arguments[0]) + 1, TRAVERSAL) * _traversed(arguments[1], REGEX_LENGTH)


def _added(arguments: list[Node]) -> int:
    if arguments[0].type.kind in ("string", "bytes"):
        return _scaled(largest(arguments[0]) + largest(arguments[1]), TRAVERSAL)
    return 1


def _membership(arguments: list[Node]) -> int:
    return largest(arguments[1]) if arguments[1].type.kind != "map" else 1


def _crossed(arguments: list[Node]) -> int:
    return largest(arguments[0]) * largest(arguments[1])


def _joined(arguments: list[Node]) -> int:
    separator = largest(arguments[1]) if len(arguments) > 1 else 0
    return _scaled(largest(arguments[0]) * (_element_size(arguments[0]) + separator), 2 * TRAVERSAL)


_OWN: Mapping[str, Callable[[list[Node]], int]] = {
    "_+_": _added,
    **dict.fromkeys(("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"), _shorter),
    "@in": _membership,
    **dict.fromkeys(("startsWith", "endsWith"), lambda arguments: _traversed(arguments[1])),
    "contains": lambda arguments: _traversed(arguments[0]) * _traversed(arguments[1]),
    **dict.fromkeys(("matches", "find", "findAll"), _search),
    **dict.fromkeys(_LINEAR, lambda arguments: _traversed(arguments[0])),
    **dict.fromkeys(("indexOf", "lastIndexOf", "reverse"), lambda arguments: _traversed(arguments[0])),
    **dict.fromkeys(("replace", "split"), lambda arguments: _traversed(arguments[0], 2 * TRAVERSAL)),
    "join": _joined,
    "validate": lambda arguments: _traversed(arguments[1]),
    **dict.fromkeys(("sets.contains", "sets.equivalent", "sets.intersects"), _crossed),
}


def _select(node: Select) -> int:
    return most_expensive(node.operand) + (0 if node.is_test or not node.field else 1)


def _loop(node: Loop) -> int:
    step = _ITERATION.get(node.macro, 12)
    step += sum(most_expensive(part) for part in (node.condition, node.result) if part is not None)
    return most_expensive(node.source) + largest(node.source) * step + 11


def _parts(cost: int, parts: list[Node]) -> int:
    return cost + sum(map(most_expensive, parts))


_NODES: Mapping[type[Node], Callable[[Any], int]] = {
    Literal: lambda _node: 0,
    Name: lambda _node: 1,
    Select: _select,
    Call: _call,
    ListNode: lambda node: _parts(LIST_COST, [element for element, _ in node.elements]),
    MapNode: lambda node: _parts(MAP_COST, [part for key, value, _ in node.entries for part in (key, value)]),
    StructNode: lambda node: _parts(STRUCT_COST, [value for _, value, _ in node.entries]),
    Loop: _loop,
    Bind: lambda node: 1 + most_expensive(node.value) + most_expensive(node.body),
}
