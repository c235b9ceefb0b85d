"""From the checked tree to nested Python functions, each of which evaluates one node in a frame.

Every function adds to the frame's cost what evaluating its node costs (the weights of cel-go's cost tracker); loops
and costly calls compare it with the limit. Whatever can be decided once (slots of variables, chains of fields, the
overload of a call whose types are known) is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bouvier.meta.cel import access, calls, controls, loops
from bouvier.meta.cel.errors import EvaluationError, no_overload
from bouvier.meta.cel.frames import UNSET, Frame, Run
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
from bouvier.meta.cel.values import NONE, Optional, TypeValue, from_key, to_key

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
            return access.tested(self.compile(node.operand), node.field)
        if node.is_optional:
            return access.optional_field(self.compile(node.operand), node.field)
        start, fields = access.chain_of(node)
        slot = self._slot(start) if isinstance(start, Name) else None
        if slot is not None and isinstance(start, Name):
            return access.path_of_variable(slot, start.name, fields)
        return access.path_of_value(self.compile(start), fields)

    def _call(self, node: Call) -> Run:
        special = _SPECIAL.get(node.function)
        arguments = node.args if node.target is None else [node.target, *node.args]
        runs = [self.compile(argument) for argument in arguments]
        if special is not None:
            return special(*runs)
        types = [argument.type for argument in arguments]
        if len(node.candidates) == 1 and calls.is_known(node.candidates[0], types):
            return calls.direct(node.candidates[0], runs)
        return calls.dispatched(node.candidates, runs)

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


def _constant(value: Any, cost: int) -> Run:
    def run(frame: Frame) -> Any:
        frame.cost += cost
        return value

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


_SPECIAL: Mapping[str, Callable[..., Run]] = {
    "_&&_": controls.conjunction,
    "_||_": controls.disjunction,
    "_?_:_": controls.choice,
    "_==_": lambda left, right: controls.equality(left, right, negated=False),
    "_!=_": lambda left, right: controls.equality(left, right, negated=True),
    "_[_]": access.index,
    "_[?_]": access.optional_index,
}
