"""Walking the tree of a template with data.

One `Execution` is one rendering: its limits count over every template that it runs. Statements write into a list of
texts, expressions return values. Expressions: `evaluation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError, LimitError, Place, TemplateError, place_of
from bouvier.catalog.gotemplate.evaluation import Evaluator, Scope
from bouvier.catalog.gotemplate.functions import Function, FunctionTable, function
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.nodes import (
    Action,
    Break,
    Call,
    Continue,
    If,
    Node,
    Range,
    Text,
    Tree,
    With,
)
from bouvier.catalog.gotemplate.values import Record, is_true, text_of, type_of

NO_VALUE = "<no value>"
"""What an absent field prints; Helm removes it from its output."""


class _Break(Exception):  # noqa: N818 - a jump, not an error
    pass


class _Continue(Exception):  # noqa: N818
    pass


class Execution:
    """One rendering over a set of templates."""

    def __init__(
        self,
        trees: Mapping[str, Tree],
        functions: FunctionTable,
        limits: Limits,
        parse_more: Callable[[str, str], dict[str, Tree]],
    ) -> None:
        self._trees = trees
        self._limits = limits
        self._parse_more = parse_more
        self._steps = self._written = self._depth = 0
        late = {"include": function("sa", self.include), "tpl": function("sa", self.tpl)}
        self._functions: dict[str, Function] = {**functions, **late}
        self._statements: dict[type[Node], Callable[[Any, Scope], None]] = {
            Text: self._text,
            Action: self._action,
            If: self._if,
            With: self._with,
            Range: self._range,
            Call: self._call,
            Break: self._break,
            Continue: self._continue,
        }

    def render(self, name: str, data: Any) -> str:
        """Return the text of the template `name`.

        Raises:
            TemplateError: the template fails, or there is none of that name.
        """
        tree = self._trees.get(name)
        if tree is None:
            raise TemplateError(Place(name, 1, 1), f"there is no template {name!r}")
        return self._run(tree, data)

    def include(self, name: str, data: Any) -> str:
        """Return the text of a template: the function `include`."""
        tree = self._trees.get(name)
        if tree is None:
            raise FunctionError(f"there is no template {name!r}")
        return self._run(tree, data)

    def tpl(self, source: str, data: Any) -> str:
        """Return the text of a source given as a value: the function `tpl`. It sees every template."""
        if "{{" not in source:
            return source
        kept = self._trees
        trees = self._parse_more("(tpl)", source)
        self._trees = trees
        try:
            return self._run(trees["(tpl)"], data)
        finally:
            self._trees = kept

    def _run(self, tree: Tree, data: Any) -> str:
        scope = Scope(tree, data)
        scope.evaluator = Evaluator(scope, self._functions, self.count, self._limits)
        self._depth += 1
        if self._depth > self._limits.depth:
            raise LimitError(
                Place(tree.file, 1, 1), f"templates include each other more than {self._limits.depth} deep"
            )
        try:
            self._walk(tree.body, scope)
        except RecursionError:
            raise LimitError(Place(tree.file, 1, 1), "the template is nested too deeply") from None
        finally:
            self._depth -= 1
        return "".join(scope.out)

    def count(self, scope: Scope, offset: int) -> None:
        """Count one step.

        Raises:
            LimitError: there were too many.
        """
        self._steps += 1
        if self._steps > self._limits.steps:
            raise LimitError(
                place_of(scope.tree.file, scope.tree.source, offset),
                f"the template takes more than {self._limits.steps} steps",
            )

    # Statements

    def _walk(self, body: Sequence[Node], scope: Scope) -> None:
        statements = self._statements
        for node in body:
            statements[type(node)](node, scope)

    def _write(self, text: str, scope: Scope, offset: int) -> None:
        self._written += len(text)
        if self._written > self._limits.output_characters:
            raise LimitError(
                place_of(scope.tree.file, scope.tree.source, offset),
                f"the template writes more than {self._limits.output_characters} characters",
            )
        scope.out.append(text)

    def _text(self, node: Text, scope: Scope) -> None:
        self._write(node.text, scope, node.offset)

    def _action(self, node: Action, scope: Scope) -> None:
        value = scope.evaluator.pipeline(node.pipeline)
        if not node.pipeline.variables:
            self._write(NO_VALUE if value is None else text_of(value), scope, node.offset)

    def _if(self, node: If, scope: Scope) -> None:
        mark = len(scope.variables)
        chosen = node.body if is_true(scope.evaluator.pipeline(node.pipeline)) else node.otherwise
        try:
            self._walk(chosen, scope)
        finally:
            del scope.variables[mark:]

    def _with(self, node: With, scope: Scope) -> None:
        mark, dot = len(scope.variables), scope.dot
        value = scope.evaluator.pipeline(node.pipeline)
        try:
            if is_true(value):
                scope.dot = value
                self._walk(node.body, scope)
            else:
                self._walk(node.otherwise, scope)
        finally:
            scope.dot = dot
            del scope.variables[mark:]

    def _range(self, node: Range, scope: Scope) -> None:
        mark, dot = len(scope.variables), scope.dot
        value = scope.evaluator.pipeline(node.pipeline, is_range=True)
        try:
            items = self._items(node, value, scope)
            if not items:
                self._walk(node.otherwise, scope)
            for key, item in items:
                del scope.variables[mark:]
                self._element(node, scope, key, item)
                try:
                    self._walk(node.body, scope)
                except _Continue:
                    continue
                except _Break:
                    break
        finally:
            scope.dot = dot
            del scope.variables[mark:]

    def _element(self, node: Range, scope: Scope, key: Any, item: Any) -> None:
        self.count(scope, node.offset)
        scope.dot = item
        names = node.pipeline.variables
        given = zip(names, (item,) if len(names) == 1 else (key, item), strict=False)
        for name, value in given:
            if node.pipeline.is_assignment:
                scope.assign(name, value)
            else:
                scope.variables.append([name, value])

    def _items(self, node: Range, value: Any, scope: Scope) -> list[tuple[Any, Any]]:
        if value is None:
            return []
        if isinstance(value, list):
            return list(enumerate(value))
        if isinstance(value, dict):
            return [(key, value[key]) for key in sorted(value)]
        if isinstance(value, Record):
            return sorted(value.fields.items())
        if isinstance(value, int) and not isinstance(value, bool):
            if value > self._limits.items:
                raise scope.error(node.pipeline.offset, f"range over {value} is too long")
            return [(number, number) for number in range(value)]
        raise scope.error(node.pipeline.offset, f"range can't iterate over {text_of(value)} ({type_of(value)})")

    def _call(self, node: Call, scope: Scope) -> None:
        data = scope.evaluator.pipeline(node.pipeline) if node.pipeline else None
        tree = self._trees.get(node.name)
        if tree is None:
            raise scope.error(node.offset, f"there is no template {node.name!r}")
        try:
            self._write(self._run(tree, data), scope, node.offset)
        except TemplateError as error:
            error.callers.append(scope.place(node.offset))
            raise

    def _break(self, _node: Break, _scope: Scope) -> None:
        raise _Break

    def _continue(self, _node: Continue, _scope: Scope) -> None:
        raise _Continue
