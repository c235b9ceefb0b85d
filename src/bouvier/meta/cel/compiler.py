"""From the checked tree to nested Python functions, each of which evaluates one node in a frame.

Every function adds to the frame's cost what evaluating its node costs (the weights of cel-go's cost tracker); loops
and costly calls compare it with the limit. Whatever can be decided once (slots of variables, chains of fields, the
overload of a call whose types are known) is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bouvier.meta.cel import loops
from bouvier.meta.cel.errors import CostLimitError, EvaluationError, no_overload
from bouvier.meta.cel.frames import UNSET, Frame, Run
from bouvier.meta.cel.functions import Overload
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
from bouvier.meta.cel.types import Type
from bouvier.meta.cel.values import NONE, Optional, TypeValue, equal, from_key, to_key

LIST_COST, MAP_COST, STRUCT_COST = 10, 30, 40
"""Making a collection. Source: cel-go's `ListCreateBaseCost` and its siblings."""


class Compiler:
    """Compiles one expression; keeps count of the slots that its variables take."""

    def __init__(self, variables: Sequence[str]) -> None:
        self._scopes: list[dict[str, int]] = [{name: index for index, name in enumerate(variables)}]
        self.slots = len(variables)

    def compile(self, node: Node) -> Run:
        """Return the function that evaluates a node."""
        made: Callable[[Any], Run] = self._MAKERS[type(node)].__get__(self)
        return made(node)

    def declare(self, *names: str) -> list[int]:
        """Open a scope with new variables and return their slots."""
        slots = list(range(self.slots, self.slots + len(names)))
        self.slots += len(names)
        self._scopes.append(dict(zip(names, slots, strict=True)))
        return slots

    def close(self) -> None:
        """Leave the innermost scope."""
        self._scopes.pop()

    def _slot(self, node: Name) -> int | None:
        scopes = self._scopes[:1] if node.is_global else self._scopes[::-1]
        return next((scope[node.name] for scope in scopes if node.name in scope), None)

    def _literal(self, node: Literal) -> Run:
        value = node.value
        return lambda _frame: value

    def _name(self, node: Name) -> Run:
        slot, name = self._slot(node), node.name
        if slot is None:
            value = TypeValue(name)
            return lambda _frame: value

        def run(frame: Frame) -> Any:
            frame.cost += 1
            value = frame.slots[slot]
            if value is UNSET:
                raise EvaluationError(f"no such attribute(s): {name}")
            return value

        return run

    def _select(self, node: Select) -> Run:
        if not node.field:
            return self.compile(node.operand)
        if node.is_test:
            return _tested(self.compile(node.operand), node.field)
        if node.is_optional:
            return _optional_field(self.compile(node.operand), node.field)
        start, fields = _chain(node)
        slot = self._slot(start) if isinstance(start, Name) else None
        if slot is not None and isinstance(start, Name):
            return _path_of_variable(slot, start.name, fields)
        return _path_of_value(self.compile(start), fields)

    def _call(self, node: Call) -> Run:
        special = _SPECIAL.get(node.function)
        arguments = node.args if node.target is None else [node.target, *node.args]
        runs = [self.compile(argument) for argument in arguments]
        if special is not None:
            return special(*runs)
        types = [argument.type for argument in arguments]
        if len(node.candidates) == 1 and _is_known(node.candidates[0], types):
            return _direct(node.candidates[0], runs)
        return _dispatched(node.candidates, runs)

    def _list(self, node: ListNode) -> Run:
        runs = [(self.compile(element), flag) for element, flag in node.elements]
        if not any(flag for _, flag in runs):
            plain = [run for run, _ in runs]
            if all(isinstance(element, Literal) for element, _ in node.elements):
                values = [run(Frame([], 0)) for run in plain]
                return _constant(values, LIST_COST)

            def run_all(frame: Frame) -> Any:
                frame.cost += LIST_COST
                return [run(frame) for run in plain]

            return run_all

        def run(frame: Frame) -> Any:
            frame.cost += LIST_COST
            found = [(element(frame), flag) for element, flag in runs]
            return [value.value if flag else value for value, flag in found if not flag or value.has_value]

        return run

    def _map(self, node: MapNode) -> Run:
        runs = [(self.compile(key), self.compile(value), flag) for key, value, flag in node.entries]

        def run(frame: Frame) -> Any:
            frame.cost += MAP_COST
            made: dict[Any, Any] = {}
            for key, value, flag in runs:
                name, inner = to_key(key(frame)), value(frame)
                if name in made:
                    raise EvaluationError(f"Failed with repeated key: {from_key(name)}")
                if not flag:
                    made[name] = inner
                elif inner.has_value:
                    made[name] = inner.value
            return made

        return run

    def _struct(self, node: StructNode) -> Run:
        runs = [(field, self.compile(value), flag) for field, value, flag in node.entries]

        def run(frame: Frame) -> Any:
            frame.cost += STRUCT_COST
            made = {}
            for field, value, flag in runs:
                inner = value(frame)
                if not flag:
                    made[field] = inner
                elif inner.has_value:
                    made[field] = inner.value
            return made

        return run

    def _loop(self, node: Loop) -> Run:
        source = self.compile(node.source)
        slots = self.declare(*node.variables)
        condition = None if node.condition is None else self.compile(node.condition)
        result = None if node.result is None else self.compile(node.result)
        self.close()
        return loops.made(node.macro, source, slots, condition, result)

    def _bind(self, node: Bind) -> Run:
        value = self.compile(node.value)
        (slot,) = self.declare(node.name)
        body = self.compile(node.body)
        self.close()
        return _optional_bind(value, slot, body, node.optional) if node.optional else _bound(value, slot, body)

    _MAKERS: Mapping[type[Node], Any] = {
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


def _chain(node: Node) -> tuple[Node, tuple[str, ...]]:
    """Return where a chain of plain selections starts, and its fields."""
    fields: list[str] = []
    while isinstance(node, Select) and node.field and not node.is_test and not node.is_optional:
        fields.append(node.field)
        node = node.operand
    return node, tuple(reversed(fields))


def _path_of_variable(slot: int, name: str, fields: tuple[str, ...]) -> Run:
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


def _path_of_value(operand: Run, fields: tuple[str, ...]) -> Run:
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


def _constant(value: Any, cost: int) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += cost
        return value

    return run


def _tested(operand: Run, field: str) -> Run:
    def run(frame: Frame) -> Any:
        value = operand(frame)
        if isinstance(value, dict):
            return field in value
        if type(value) is Optional:
            return value.has_value and field in value.value
        raise no_overload()

    return run


def _optional_field(operand: Run, field: str) -> Run:
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


def _is_known(overload: Overload, types: Sequence[Type]) -> bool:
    """Tell whether static types leave nothing to find out at run time."""
    return all(
        param.kind in ("dyn", "param") or one.kind == param.kind
        for param, one in zip(overload.params, types, strict=True)
    )


def _direct(overload: Overload, runs: Sequence[Run]) -> Run:
    function, cost = overload.run, overload.cost
    if cost is not None:
        return _costly(function, cost, runs)
    if len(runs) == 1:
        only = runs[0]

        def run_one(frame: Frame) -> Any:
            frame.cost += 1
            return function(only(frame))

        return run_one
    if len(runs) == 2:
        left, right = runs

        def run_two(frame: Frame) -> Any:
            frame.cost += 1
            return function(left(frame), right(frame))

        return run_two

    def run(frame: Frame) -> Any:
        frame.cost += 1
        return function(*[argument(frame) for argument in runs])

    return run


def _costly(function: Callable[..., Any], cost: Callable[..., int], runs: Sequence[Run]) -> Run:
    def run(frame: Frame) -> Any:
        values = [argument(frame) for argument in runs]
        frame.cost += cost(*values)
        if frame.cost > frame.limit:
            raise CostLimitError
        return function(*values)

    return run


def _dispatched(candidates: Sequence[Overload], runs: Sequence[Run]) -> Run:
    """Return a call that chooses its overload by the types of the values, and remembers the choice."""
    chosen: dict[tuple[type, ...], Overload] = {}

    def run(frame: Frame) -> Any:
        values = tuple([argument(frame) for argument in runs])
        types = tuple(map(type, values))
        overload = chosen.get(types)
        if overload is None:
            overload = next((one for one in candidates if one.accepts(values)), None)
            if overload is None:
                raise no_overload()
            chosen[types] = overload
        frame.cost += 1 if overload.cost is None else overload.cost(*values)
        if frame.cost > frame.limit:
            raise CostLimitError
        return overload.run(*values)

    return run


def _bound(value: Run, slot: int, body: Run) -> Run:
    def run(frame: Frame) -> Any:
        frame.slots[slot] = value(frame)
        frame.cost += 1
        return body(frame)

    return run


def _optional_bind(value: Run, slot: int, body: Run, macro: str) -> Run:
    def run(frame: Frame) -> Any:
        found = value(frame)
        if type(found) is not Optional:
            raise no_overload()
        if not found.has_value:
            return NONE
        frame.slots[slot] = found.value
        result = body(frame)
        return Optional(result) if macro == "optMap" else result

    return run


def _and(left: Run, right: Run) -> Run:
    def run(frame: Frame) -> Any:
        try:
            one = left(frame)
        except EvaluationError:
            if right(frame) is False:
                return False
            raise
        if one is False:
            return False
        two = right(frame)
        if two is False or (two is True and one is True):
            return two
        raise no_overload()

    return run


def _or(left: Run, right: Run) -> Run:
    def run(frame: Frame) -> Any:
        try:
            one = left(frame)
        except EvaluationError:
            if right(frame) is True:
                return True
            raise
        if one is True:
            return True
        two = right(frame)
        if two is True or (two is False and one is False):
            return two
        raise no_overload()

    return run


def _choice(condition: Run, chosen: Run, other: Run) -> Run:
    def run(frame: Frame) -> Any:
        decided = condition(frame)
        if decided is True:
            return chosen(frame)
        if decided is False:
            return other(frame)
        raise no_overload()

    return run


def _equality(left: Run, right: Run, *, negated: bool) -> Run:
    def run(frame: Frame) -> Any:
        one, two = left(frame), right(frame)
        kind = type(one)
        if kind is type(two) and kind in (str, int, bool):
            frame.cost += 1 if kind is not str else 1 + min(len(one), len(two)) // 10
            return (one == two) is not negated
        frame.cost += 1
        return equal(one, two) is not negated

    return run


def _index(container: Run, key: Run) -> Run:
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


def _optional_index(container: Run, key: Run) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += 1
        return _maybe(container(frame), key(frame))

    return run


_SPECIAL: Mapping[str, Callable[..., Run]] = {
    "_&&_": _and,
    "_||_": _or,
    "_?_:_": _choice,
    "_==_": lambda left, right: _equality(left, right, negated=False),
    "_!=_": lambda left, right: _equality(left, right, negated=True),
    "_[_]": _index,
    "_[?_]": _optional_index,
}
