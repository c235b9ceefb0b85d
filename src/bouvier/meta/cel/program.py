"""Environments that compile expressions, and the programs that come out of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bouvier.meta.cel.checker import Checker
from bouvier.meta.cel.compiler import Compiler
from bouvier.meta.cel.errors import CompileError, CostLimitError, EvaluationError, Issue
from bouvier.meta.cel.frames import UNSET, Frame, Run
from bouvier.meta.cel.functions import Functions
from bouvier.meta.cel.library import STANDARD
from bouvier.meta.cel.nodes import Name, Node
from bouvier.meta.cel.parser import parse
from bouvier.meta.cel.types import Type

PER_CALL_LIMIT = 1_000_000
"""Cost that one expression may take. Source: Kubernetes' `PerCallLimit`, about a tenth of a second there."""


def no_structs(_name: str) -> Type | None:
    """Know no object types to construct."""
    return None


class Environment:
    """The variables and functions that expressions may use. Immutable."""

    def __init__(
        self,
        variables: Mapping[str, Type],
        functions: Functions = STANDARD,
        structs: Callable[[str], Type | None] = no_structs,
    ) -> None:
        self._variables = dict(variables)
        self._functions = functions
        self._structs = structs

    def compile(self, source: str) -> Program:
        """Return the program of an expression.

        Raises:
            CompileError: syntax or types are wrong; the text says where.

        """
        checker = Checker(self._variables, self._functions, self._structs)
        try:
            tree = parse(source)
            result = checker.check(tree)
            if not checker.issues:
                return Program(source, tree, result, list(self._variables))
        except RecursionError:
            raise CompileError(source, [Issue(0, "expression is nested too deeply")]) from None
        raise CompileError(source, sorted(checker.issues))


class Program:
    """A compiled expression."""

    def __init__(self, source: str, tree: Node, result: Type, variables: Sequence[str]) -> None:
        self.source = source
        self.tree = tree
        self.result = result
        """Static type of the value."""
        compiler = Compiler(variables)
        self._run: Run = compiler.compile(tree)
        self._variables = tuple(variables)
        self._locals = [UNSET] * (compiler.slots - len(variables))

    def evaluate(self, bindings: Mapping[str, Any], limit: int = PER_CALL_LIMIT) -> tuple[Any, int]:
        """Return the value and what it cost.

        Raises:
            EvaluationError: there is no value for these bindings; `.cost` says what was spent.
            CostLimitError: the evaluation costs more than `limit`.

        """
        frame = Frame([bindings.get(name, UNSET) for name in self._variables] + self._locals, limit)
        try:
            value = self._run(frame)
        except EvaluationError as error:
            error.cost = frame.cost
            raise
        except (TypeError, AttributeError, ValueError, RecursionError, ArithmeticError, LookupError) as error:
            # Values of a type that the static types excluded: data that its schema does not fit.
            failure = EvaluationError("no such overload")
            failure.cost = frame.cost
            raise failure from error
        if frame.cost > limit:
            raise CostLimitError
        return value, frame.cost

    def names(self) -> set[str]:
        """Return the variables of the environment that the expression mentions."""
        return {name for name in self._variables if _mentions(self.tree, name)}


def _mentions(node: Any, name: str) -> bool:
    if isinstance(node, Name):
        return node.name == name
    if isinstance(node, Node):
        return any(_mentions(getattr(node, field), name) for field in node.__slots__)
    return isinstance(node, list | tuple) and any(_mentions(one, name) for one in node)


__all__ = ["PER_CALL_LIMIT", "CompileError", "CostLimitError", "Environment", "EvaluationError", "Issue", "Program"]
