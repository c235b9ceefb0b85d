"""Expressions of the template language: pipelines, commands, operands. The statements around them: `parser`.

Source: https://pkg.go.dev/text/template#hdr-Pipelines
"""

from __future__ import annotations

from collections.abc import Container

from bouvier.catalog.gotemplate import literals
from bouvier.catalog.gotemplate.errors import TemplateError, place_of
from bouvier.catalog.gotemplate.lexer import Token, tokens
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
    Variable,
)

DEEPEST_NESTING = 200
"""Blocks and parentheses within each other; each costs a few Python frames."""


class ExpressionParser:
    """The tokens of one source with a position in them, and the reading of expressions from there."""

    def __init__(self, name: str, source: str, functions: Container[str]) -> None:
        self._name, self._source, self._functions = name, source, functions
        self._tokens = list(tokens(name, source))
        self._position = 0
        self._variables = ["$"]
        self._nesting = 0

    # Tokens

    def _peek(self) -> Token:
        return self._tokens[self._position]

    def _next(self) -> Token:
        token = self._tokens[self._position]
        self._position += 1
        return token

    def _skip_space(self) -> Token:
        """Pass over spaces and return the next token without taking it."""
        if self._tokens[self._position].kind == "space":
            self._position += 1
        return self._tokens[self._position]

    def _expect(self, kind: str, where: str) -> Token:
        token = self._skip_space()
        if token.kind != kind:
            raise self._unexpected(token, where)
        return self._next()

    def _error(self, offset: int, message: str) -> TemplateError:
        return TemplateError(place_of(self._name, self._source, offset), message)

    def _unexpected(self, token: Token, where: str) -> TemplateError:
        shown = {"end": "}}", "eof": "the end of the template"}.get(token.kind, repr(token.value))
        return self._error(token.offset, f"unexpected {shown} in {where}")

    # Expressions

    def _pipeline(self, where: str, closing: str, *, in_range: bool = False) -> Pipeline:
        start = self._skip_space()
        pipeline = Pipeline(start.offset, [])
        self._declarations(pipeline, in_range=in_range)
        while True:
            token = self._skip_space()
            if token.kind == closing:
                self._next()
                self._check(pipeline, token, where)
                return pipeline
            pipeline.commands.append(self._command(where))
            follows = self._skip_space()
            if follows.kind == "pipe":
                self._next()

    def _check(self, pipeline: Pipeline, token: Token, where: str) -> None:
        if not pipeline.commands:
            raise self._error(token.offset, f"missing value for {where}")
        for command in pipeline.commands[1:]:
            first = command.arguments[0]
            if isinstance(first, (Constant, Nil, Dot)):
                raise self._error(command.offset, f"what follows | in {where} is not a function")

    def _declarations(self, pipeline: Pipeline, *, in_range: bool) -> None:
        """Take `$x :=`, `$x =` and, in a range, `$i, $x :=`."""
        before = self._position
        names = [token.value for token in (self._variable_token(),) if token]
        if not names:
            return
        if in_range and self._skip_space().kind == "comma":
            self._next()
            second = self._variable_token()
            if second is None:
                raise self._unexpected(self._skip_space(), "range")
            names.append(second.value)
        sign = self._skip_space()
        if sign.kind not in ("declare", "assign"):
            if len(names) > 1:
                raise self._unexpected(sign, "range")
            self._position = before
            return
        self._next()
        pipeline.variables, pipeline.is_assignment = names, sign.kind == "assign"
        if sign.kind == "declare":
            self._variables += names
        else:
            for name in names:
                self._known(name, sign.offset)

    def _variable_token(self) -> Token | None:
        token = self._skip_space()
        return self._next() if token.kind == "variable" else None

    def _known(self, name: str, offset: int) -> None:
        if name not in self._variables:
            raise self._error(offset, f"undefined variable {name}")

    def _command(self, where: str) -> Command:
        command = Command(self._skip_space().offset, [])
        while True:
            self._skip_space()
            operand = self._operand()
            if operand is None:
                break
            command.arguments.append(operand)
            if self._peek().kind != "space":
                break
        follows = self._skip_space()
        if not command.arguments or follows.kind not in ("end", "pipe", "shut"):
            raise self._unexpected(follows, where)
        return command

    def _operand(self) -> Node | None:
        node = self._term()
        if node is None or self._peek().kind != "field":
            return node
        names = []
        while self._peek().kind == "field":
            names.append(self._next().value[1:])
        if isinstance(node, FieldPath | Variable):
            node.names += names
            return node
        if isinstance(node, Constant | Nil | Dot):
            raise self._error(node.offset, f"unexpected .{names[0]} after a value")
        return Chain(node.offset, node, names)

    def _term(self) -> Node | None:
        token = self._peek()
        method = TERMS.get(token.kind)
        if method is None:
            return None
        self._next()
        term: Node = getattr(self, method)(token)
        return term

    def _field(self, token: Token) -> Node:
        return FieldPath(token.offset, [token.value[1:]])

    def _dot(self, token: Token) -> Node:
        return Dot(token.offset)

    def _variable(self, token: Token) -> Node:
        self._known(token.value, token.offset)
        return Variable(token.offset, token.value, [])

    def _function(self, token: Token) -> Node:
        if token.value not in self._functions:
            raise self._error(token.offset, f"function {token.value} is not defined")
        return Identifier(token.offset, token.value)

    def _keyword(self, token: Token) -> Node:
        if token.value == "nil":
            return Nil(token.offset)
        if token.value in ("true", "false"):
            return Constant(token.offset, token.value == "true")
        raise self._unexpected(token, "an expression")

    def _parenthesis(self, token: Token) -> Node:
        self._nesting += 1
        if self._nesting > DEEPEST_NESTING:
            raise self._error(token.offset, "parentheses are nested too deeply")
        pipeline = self._pipeline("parentheses", "shut")
        self._nesting -= 1
        return pipeline

    def _number(self, token: Token) -> Node:
        try:
            return Constant(token.offset, literals.number(token.value))
        except ValueError:
            raise self._error(token.offset, f"bad number {token.value}") from None

    def _string(self, token: Token) -> Node:
        return Constant(token.offset, self._unquoted(token))

    def _raw(self, token: Token) -> Node:
        return Constant(token.offset, token.value[1:-1].replace("\r", ""))

    def _char(self, token: Token) -> Node:
        try:
            return Constant(token.offset, literals.character(token.value))
        except ValueError as error:
            raise self._error(token.offset, str(error)) from None

    def _unquoted(self, token: Token) -> str:
        try:
            return literals.unquote(token.value)
        except ValueError as error:
            raise self._error(token.offset, str(error)) from None


TERMS = {
    "field": "_field",
    "dot": "_dot",
    "variable": "_variable",
    "word": "_function",
    "keyword": "_keyword",
    "open": "_parenthesis",
    "number": "_number",
    "string": "_string",
    "raw": "_raw",
    "char": "_char",
}
"""Kind of token to the method that reads an operand beginning with it."""
