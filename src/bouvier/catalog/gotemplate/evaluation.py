"""The values of expressions: fields, variables, function calls and pipelines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError, Place, TemplateError, place_of
from bouvier.catalog.gotemplate.functions import FunctionTable
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.nodes import (
    Chain,
    Command,
    Constant,
    Dot,
    FieldPath,
    Identifier,
    Nil,
    Node,
    Pipeline,
    Tree,
    Variable,
)
from bouvier.catalog.gotemplate.values import Record, is_true, type_of

_NOTHING: Any = object()
"""No value from a pipeline's command before."""


class Scope:
    """One template while it runs: its dot, its variables (innermost last), what it has written."""

    __slots__ = ("dot", "evaluator", "out", "tree", "variables")

    evaluator: Evaluator

    def __init__(self, tree: Tree, data: Any) -> None:
        self.tree = tree
        self.dot = data
        self.variables: list[list[Any]] = [["$", data]]
        self.out: list[str] = []

    def place(self, offset: int) -> Place:
        """Return where an offset is."""
        return place_of(self.tree.file, self.tree.source, offset)

    def error(self, offset: int, message: str) -> TemplateError:
        """Return an error at an offset."""
        return TemplateError(self.place(offset), message)

    def variable(self, name: str) -> Any:
        """Return a variable's value."""
        for entry in reversed(self.variables):
            if entry[0] == name:
                return entry[1]
        raise KeyError(name)

    def assign(self, name: str, value: Any) -> None:
        """Change a variable that exists."""
        for entry in reversed(self.variables):
            if entry[0] == name:
                entry[1] = value
                return
        raise KeyError(name)


class Evaluator:
    """Evaluates expressions in one scope."""

    def __init__(
        self, scope: Scope, functions: FunctionTable, count: Callable[[Scope, int], None], limits: Limits
    ) -> None:
        self._scope, self._functions, self._count, self._limits = scope, functions, count, limits
        self._terms: dict[type[Node], Callable[[Any], Any]] = {
            Constant: lambda node: node.value,
            Dot: lambda _node: scope.dot,
            Nil: lambda _node: None,
            FieldPath: lambda node: self._fields(node, scope.dot, node.names, ()),
            Variable: lambda node: self._fields(node, scope.variable(node.name), node.names, ()),
            Chain: lambda node: self._fields(node, self.term(node.operand), node.names, ()),
            Pipeline: self.pipeline,
            Identifier: lambda node: self._invoke(node, node.name, []),
        }

    def pipeline(self, pipeline: Pipeline, *, is_range: bool = False) -> Any:
        """Return the value of a pipeline, and put it into its variables unless a range does that element by element."""
        self._count(self._scope, pipeline.offset)
        value = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, value)
        if pipeline.variables and not is_range:
            name = pipeline.variables[0]
            if pipeline.is_assignment:
                self._scope.assign(name, value)
            else:
                self._scope.variables.append([name, value])
        return value

    def term(self, node: Node) -> Any:
        """Return the value of one operand."""
        return self._terms[type(node)](node)

    def _command(self, command: Command, final: Any) -> Any:
        first, rest = command.arguments[0], command.arguments[1:]
        if isinstance(first, Identifier):
            if first.name in ("and", "or"):
                return self._short_circuit(first.name, rest, final)
            return self._invoke(first, first.name, self._arguments(rest, final))
        if not rest and final is _NOTHING:
            if isinstance(first, Nil):
                raise self._scope.error(first.offset, "nil is not a command")
            return self.term(first)
        if isinstance(first, FieldPath | Variable | Chain):
            return self._method(first, self._arguments(rest, final))
        raise self._scope.error(first.offset, "a value that is not a function is given arguments")

    def _arguments(self, nodes: Sequence[Node], final: Any) -> list[Any]:
        values = [self.term(node) for node in nodes]
        if final is not _NOTHING:
            values.append(final)
        return values

    def _short_circuit(self, name: str, nodes: Sequence[Node], final: Any) -> Any:
        """Return the first argument that decides, else the last: the functions `and` and `or`."""
        value = _NOTHING
        for node in nodes:
            value = self.term(node)
            if is_true(value) == (name == "or"):
                return value
        if final is not _NOTHING:
            return final
        if value is _NOTHING:
            raise self._scope.error(self._scope.tree.body[0].offset, f"{name} needs arguments")
        return value

    def _method(self, node: FieldPath | Variable | Chain, arguments: list[Any]) -> Any:
        if isinstance(node, FieldPath):
            base = self._scope.dot
        else:
            base = self._scope.variable(node.name) if isinstance(node, Variable) else self.term(node.operand)
        if not node.names:
            raise self._scope.error(node.offset, "a value that is not a function is given arguments")
        return self._fields(node, base, node.names, arguments)

    def _fields(self, node: Node, value: Any, names: Sequence[str], arguments: Sequence[Any]) -> Any:
        last = len(names) - 1
        for index, name in enumerate(names):
            if type(value) is dict and not (arguments and index == last):
                value = value.get(name)
            elif isinstance(value, Record):
                value = self._member(node, value, name, arguments if index == last else ())
            else:
                raise self._no_field(node, value, names, index, is_called=bool(arguments) and index == last)
        return value

    def _member(self, node: Node, record: Record, name: str, arguments: Sequence[Any]) -> Any:
        if name in record.methods:
            return self._guarded(node, name, lambda: record.methods[name](*arguments))
        if name not in record.fields:
            raise self._scope.error(node.offset, f"can't evaluate field {name} in type {record.type_name}")
        if arguments:
            raise self._scope.error(node.offset, f"{name} is not a method but has arguments")
        return record.fields[name]

    def _no_field(self, node: Node, value: Any, names: Sequence[str], index: int, *, is_called: bool) -> TemplateError:
        name = names[index]
        if is_called and isinstance(value, dict):
            return self._scope.error(node.offset, f"{name} is not a method but has arguments")
        if value is None:
            before = "." + ".".join(names[:index]) if index else "the value"
            return self._scope.error(node.offset, f"nil pointer: {before} is not set, so it has no .{name}")
        return self._scope.error(node.offset, f"can't evaluate field {name} in type {type_of(value)}")

    def _invoke(self, node: Node, name: str, arguments: list[Any]) -> Any:
        self._count(self._scope, node.offset)
        called = self._functions.get(name)
        if called is None:
            raise self._scope.error(node.offset, f"function {name} is not available here")

        def call() -> Any:
            called.check(arguments)
            return called.call(*arguments)

        value = self._guarded(node, name, call)
        if type(value) is str and len(value) > self._limits.value_characters:
            raise self._scope.error(node.offset, f"{name} makes a text of {len(value)} characters, which is too long")
        return value

    def _guarded(self, node: Node, name: str, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except TemplateError as error:
            error.callers.append(self._scope.place(node.offset))
            raise
        except FunctionError as error:
            raise self._scope.error(node.offset, f"{name}: {error}") from None
        except RecursionError:
            raise
        except (TypeError, ValueError, KeyError, OverflowError, ArithmeticError, AttributeError) as error:
            raise self._scope.error(node.offset, f"{name}: {error}") from None
