"""Finding the type of every part of an expression, and which functions its calls may mean.

The tree is annotated in place: types, candidates of calls, real names of fields; qualified names of functions and
types are resolved. Every problem is collected, none stops the check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bouvier.meta.cel.errors import Issue
from bouvier.meta.cel.functions import Functions, Overload
from bouvier.meta.cel.nodes import (
    Bind,
    Call,
    ListNode,
    Literal,
    Loop,
    MapNode,
    Name,
    Node,
    Select,
    StructNode,
)
from bouvier.meta.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    UINT,
    Bindings,
    Type,
    assignable,
    is_optional,
    joined,
    list_of,
    map_of,
    optional_of,
    substituted,
    type_of,
)
from bouvier.meta.cel.values import TypeValue, UInt

_LITERALS: Mapping[type, Type] = {
    bool: BOOL,
    int: INT,
    UInt: UINT,
    float: DOUBLE,
    str: STRING,
    bytes: BYTES,
    type(None): NULL,
}
TYPE_NAMES: Mapping[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "uint": UINT,
    "double": DOUBLE,
    "string": STRING,
    "bytes": BYTES,
    "list": list_of(DYN),
    "map": map_of(DYN, DYN),
    "null_type": NULL,
    "type": type_of(DYN),
    "dyn": DYN,
    "optional_type": optional_of(DYN),
    "google.protobuf.Timestamp": TIMESTAMP,
    "google.protobuf.Duration": DURATION,
    "kubernetes.Quantity": Type("opaque", name="kubernetes.Quantity"),
    "kubernetes.URL": Type("opaque", name="kubernetes.URL"),
    "kubernetes.Semver": Type("opaque", name="kubernetes.Semver"),
    "net.IP": Type("opaque", name="net.IP"),
    "net.CIDR": Type("opaque", name="net.CIDR"),
}
_OPERATORS = {"_[_]", "_[?_]", "_?_:_", "_&&_", "_||_"}

StructTypes = Callable[[str], Type | None]
"""From the name of an object type to the type, for `Name{field: value}`."""


class Checker:
    """Checks one expression in one environment."""

    def __init__(self, variables: Mapping[str, Type], functions: Functions, structs: StructTypes) -> None:
        self._scopes: list[Mapping[str, Type]] = [variables]
        self._functions = functions
        self._structs = structs
        self.issues: list[Issue] = []

    def check(self, node: Node) -> Type:
        """Annotate a tree and return its type."""
        found: Callable[[Any], Type] = self._CHECKS[type(node)].__get__(self)
        node.type = found(node)
        return node.type

    def _wrong(self, node: Node, message: str) -> Type:
        self.issues.append(Issue(node.at, message))
        return DYN

    def _variable(self, name: str) -> Type | None:
        return next((scope[name] for scope in reversed(self._scopes) if name in scope), None)

    def _literal(self, node: Literal) -> Type:
        if isinstance(node.value, TypeValue):
            return type_of(TYPE_NAMES.get(node.value.name, DYN))
        return _LITERALS[type(node.value)]

    def _name(self, node: Name) -> Type:
        found = self._scopes[0].get(node.name) if node.is_global else self._variable(node.name)
        if found is not None:
            return found
        if node.name in TYPE_NAMES:
            return type_of(TYPE_NAMES[node.name])
        return self._wrong(node, f"undeclared reference to '{node.name}' (in container '')")

    def _qualified(self, node: Node | None) -> str:
        """Return the dotted name of a chain of selections that does not start at a variable, else nothing."""
        if isinstance(node, Name):
            return "" if self._variable(node.name) is not None else node.name
        if isinstance(node, Select) and not node.is_test and not node.is_optional:
            front = self._qualified(node.operand)
            return f"{front}.{node.field}" if front else ""
        return ""

    def _select(self, node: Select) -> Type:
        name = self._qualified(node)
        if name in TYPE_NAMES:
            node.operand = Literal(node.at, TypeValue(name))
            node.field = ""
            return type_of(TYPE_NAMES[name])
        operand = self.check(node.operand)
        inside = operand.params[0] if is_optional(operand) else operand
        found = self._field(node, inside)
        if node.is_test:
            return BOOL
        if is_optional(operand) or node.is_optional:
            return found if is_optional(found) else optional_of(found)
        return found

    def _field(self, node: Select, operand: Type) -> Type:
        if operand.kind in ("dyn", "param"):
            return DYN
        if operand.kind == "map":
            return operand.params[1]
        if operand.kind != "object" and not operand.fields:
            return self._wrong(node, f"type '{operand}' does not support field selection")
        found = operand.fields.get(node.field)
        if found is None:
            return DYN if operand.is_open else self._wrong(node, f"undefined field '{node.field}'")
        node.field = operand.real_names.get(node.field, node.field)
        return found

    def _call(self, node: Call) -> Type:
        if node.target is not None:
            name = f"{self._qualified(node.target)}.{node.function}"
            if (name, False) in self._functions:
                node.function, node.target = name, None
        target = None if node.target is None else self.check(node.target)
        given = [self.check(argument) for argument in node.args]
        if node.function in _OPERATORS:
            return self._operator(node, given)
        overloads = self._functions.get((node.function, target is not None), [])
        if not overloads:
            return self._wrong(node, f"undeclared reference to '{node.function}' (in container '')")
        types = given if target is None else [target, *given]
        return self._chosen(node, overloads, types, target)

    def _chosen(self, node: Call, overloads: list[Overload], types: list[Type], target: Type | None) -> Type:
        results = []
        for overload in overloads:
            bound: Bindings = {}
            if len(overload.params) == len(types) and all(
                assignable(param, one, bound) for param, one in zip(overload.params, types, strict=True)
            ):
                node.candidates.append(overload)
                results.append(substituted(overload.result, bound))
        if not results:
            listed = ", ".join(map(str, types if target is None else types[1:]))
            shown = f"({listed})" if target is None else f"{target}.({listed})"
            return self._wrong(node, f"found no matching overload for '{node.function}' applied to '{shown}'")
        return results[0] if all(one == results[0] for one in results) else DYN

    def _operator(self, node: Call, given: list[Type]) -> Type:
        if node.function in ("_&&_", "_||_"):
            for argument, one in zip(node.args, given, strict=True):
                self._want_bool(argument, one)
            return BOOL
        if node.function == "_?_:_":
            self._want_bool(node.args[0], given[0])
            if not assignable(given[1], given[2], {}) and not assignable(given[2], given[1], {}):
                shown = ", ".join(map(str, given))
                return self._wrong(node, f"found no matching overload for '_?_:_' applied to '({shown})'")
            return joined(given[1:])
        container = given[0].params[0] if is_optional(given[0]) else given[0]
        found = self._element(node, container, given)
        if is_optional(given[0]) or node.function == "_[?_]":
            return optional_of(found)
        return found

    def _element(self, node: Call, container: Type, given: list[Type]) -> Type:
        if container.kind in ("dyn", "param"):
            return DYN
        if container.kind == "list" and given[1].kind in ("int", "uint", "double", "dyn"):
            return container.params[0]
        if container.kind == "map" and assignable(container.params[0], given[1], {}):
            return container.params[1]
        shown = ", ".join(map(str, given))
        return self._wrong(node, f"found no matching overload for '{node.function}' applied to '({shown})'")

    def _want_bool(self, node: Node, given: Type) -> None:
        if not assignable(BOOL, given, {}):
            self._wrong(node, f"expected type 'bool' but found '{given}'")

    def _list(self, node: ListNode) -> Type:
        types = [self._unwrapped(element, is_optional=flag) for element, flag in node.elements]
        return list_of(joined(types))

    def _map(self, node: MapNode) -> Type:
        keys = [self.check(key) for key, _, _ in node.entries]
        values = [self._unwrapped(value, is_optional=flag) for _, value, flag in node.entries]
        return map_of(joined(keys), joined(values))

    def _unwrapped(self, node: Node, *, is_optional: bool) -> Type:
        """Return the type that an element of a collection has."""
        found = self.check(node)
        if not is_optional or found.kind == "dyn":
            return found
        if found.kind == "opaque" and found.params:
            return found.params[0]
        return self._wrong(node, f"expected type 'optional_type(dyn)' but found '{found}'")

    def _struct(self, node: StructNode) -> Type:
        found = self._structs(node.name)
        if found is None:
            return self._wrong(node, f"undeclared reference to '{node.name}' (in container '')")
        for field, value, flag in node.entries:
            given = self._unwrapped(value, is_optional=flag)
            wanted = found.fields.get(field, DYN if found.is_open else None)
            if wanted is None:
                self._wrong(node, f"undefined field '{field}'")
            elif not assignable(wanted, given, {}):
                self._wrong(value, f"expected type of field '{field}' is '{wanted}' but provided type is '{given}'")
        return found

    def _loop(self, node: Loop) -> Type:
        source = self.check(node.source)
        first, second = self._range(node, source)
        is_pair = len(node.variables) == 2
        kinds = (first, second) if is_pair else ((second if source.kind != "map" else first),)
        self._scopes.append(dict(zip(node.variables, kinds, strict=True)))
        if node.condition is not None:
            self._want_bool(node.condition, self.check(node.condition))
        result = DYN if node.result is None else self.check(node.result)
        self._scopes.pop()
        if node.macro in ("all", "exists", "exists_one"):
            return BOOL
        if node.macro == "filter":
            return source if source.kind == "list" else list_of(kinds[0])
        if node.macro == "transformMap":
            return map_of(first, result)
        return result if node.macro == "transformMapEntry" else list_of(result)

    def _range(self, node: Loop, source: Type) -> tuple[Type, Type]:
        """Return the types of index or key, and of the value."""
        if source.kind == "list":
            return INT, source.params[0]
        if source.kind == "map":
            return source.params[0], source.params[1]
        if source.kind not in ("dyn", "param"):
            message = (
                f"expression of type '{source}' cannot be range of a comprehension (must be list, map, or dynamic)"
            )
            self._wrong(node.source, message)
        return DYN, DYN

    def _bind(self, node: Bind) -> Type:
        value = self.check(node.value)
        if node.optional:
            if value.kind != "dyn" and not is_optional(value):
                name = node.optional
                return self._wrong(node, f"found no matching overload for '{name}' applied to '{value}.(dyn)'")
            value = value.params[0] if value.params else DYN
        self._scopes.append({node.name: value})
        body = self.check(node.body)
        self._scopes.pop()
        return optional_of(body) if node.optional == "optMap" else body

    _CHECKS: Mapping[type[Node], Any] = {
        Literal: _literal,
        Name: _name,
        Select: _select,
        Call: _call,
        ListNode: _list,
        MapNode: _map,
        StructNode: _struct,
        Loop: _loop,
        Bind: _bind,
    }
