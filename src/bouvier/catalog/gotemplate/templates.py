"""A set of templates that know each other by name, and their execution."""

from __future__ import annotations

from typing import Any

from bouvier.catalog.gotemplate.builtins import FUNCTIONS, SHORT_CIRCUIT
from bouvier.catalog.gotemplate.execution import Execution
from bouvier.catalog.gotemplate.functions import Function, FunctionTable
from bouvier.catalog.gotemplate.limits import Limits
from bouvier.catalog.gotemplate.nodes import Text, Tree
from bouvier.catalog.gotemplate.parser import parse

LATE = ("include", "tpl")
"""Functions that need the execution itself; always there."""


class TemplateSet:
    """Parsed templates with the functions that they may call."""

    def __init__(self, functions: FunctionTable | None = None, limits: Limits | None = None) -> None:
        self.functions: dict[str, Function] = {**FUNCTIONS, **(functions or {})}
        self.limits = limits or Limits()
        self._names = {*self.functions, *SHORT_CIRCUIT, *LATE}
        self._trees: dict[str, Tree] = {}

    def add(self, name: str, source: str) -> None:
        """Parse a source; what it defines replaces templates of the same name, unless it is empty.

        Raises:
            TemplateError: the source is not a template.
        """
        for tree in parse(name, source, self._names):
            if tree.name not in self._trees or not _is_blank(tree):
                self._trees[tree.name] = tree

    def parse_more(self, name: str, source: str) -> dict[str, Tree]:
        """Return the templates of this set with those of one more source, and leave the set as it is."""
        return self._trees | {tree.name: tree for tree in parse(name, source, self._names)}

    def execution(self) -> Execution:
        """Return a rendering over these templates, with limits of its own that all its executions share."""
        return Execution(self._trees, self.functions, self.limits, self.parse_more)

    def execute(self, name: str, data: Any) -> str:
        """Return the text of one template with `data` as its dot.

        Raises:
            TemplateError: the template fails.
        """
        return self.execution().render(name, data)


def _is_blank(tree: Tree) -> bool:
    return all(isinstance(node, Text) and not node.text.strip() for node in tree.body)
