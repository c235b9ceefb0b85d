"""Tokens into trees: one for the source itself and one for each template that it defines.

Source: https://pkg.go.dev/text/template#hdr-Actions
"""

from __future__ import annotations

from collections.abc import Callable, Container

from bouvier.catalog.gotemplate.expressions import DEEPEST_NESTING, ExpressionParser
from bouvier.catalog.gotemplate.lexer import Token
from bouvier.catalog.gotemplate.nodes import Action, Break, Call, Continue, If, Node, Range, Text, Tree, With


def parse(name: str, source: str, functions: Container[str]) -> list[Tree]:
    """Return the trees of a source, the source's own first; `functions` are the names that may be called.

    Raises:
        TemplateError: the source is not a template.
    """
    return _Parser(name, source, functions).run()


class _Parser(ExpressionParser):
    def __init__(self, name: str, source: str, functions: Container[str]) -> None:
        super().__init__(name, source, functions)
        self._defined: list[Tree] = []
        self._range_depth = 0

    def run(self) -> list[Tree]:
        body, end = self._body(("eof",))
        assert end == "eof"
        return [Tree(self._name, self._name, self._source, body), *self._defined]

    def _body(self, ends: tuple[str, ...], opener: Token | None = None) -> tuple[list[Node], str]:
        """Return the statements up to one of the words in `ends`, and that word; its action is left open."""
        self._nesting += 1
        if self._nesting > DEEPEST_NESTING:
            raise self._error(self._peek().offset, "blocks are nested too deeply")
        body: list[Node] = []
        while True:
            token = self._next()
            if token.kind == "text":
                body.append(Text(token.offset, token.value))
                continue
            if token.kind == "eof":
                if "eof" not in ends:
                    raise self._error(opener.offset if opener else token.offset, "a block is not closed by {{end}}")
                self._nesting -= 1
                return body, "eof"
            word = self._skip_space()
            if word.kind == "keyword" and word.value in ("end", "else"):
                if word.value not in ends:
                    raise self._unexpected(word, "a template" if "eof" in ends else "this block")
                self._next()
                self._nesting -= 1
                return body, word.value
            body += self._statement(token)

    def _statement(self, begin: Token) -> list[Node]:
        word = self._peek()
        parsers: dict[str, Callable[[Token], list[Node]]] = {
            "if": lambda token: [self._control(If, token)],
            "with": lambda token: [self._control(With, token)],
            "range": lambda token: [self._control(Range, token)],
            "define": self._define,
            "block": self._block,
            "template": self._template,
            "break": lambda token: [self._jump(Break, token)],
            "continue": lambda token: [self._jump(Continue, token)],
        }
        if word.kind == "keyword" and word.value in parsers:
            self._next()
            return parsers[word.value](word)
        pipeline = self._pipeline("an action", "end")
        return [Action(begin.offset, pipeline)]

    def _control(self, kind: type[If | With | Range], word: Token) -> Node:
        known = len(self._variables)
        pipeline = self._pipeline(word.value, "end", in_range=kind is Range)
        if kind is Range:
            self._range_depth += 1
        body, end = self._body(("end", "else"), word)
        if kind is Range:
            self._range_depth -= 1
        otherwise: list[Node] = []
        if end == "else":
            otherwise = self._otherwise(kind, word)
        else:
            self._expect("end", "end")
        del self._variables[known:]
        return kind(word.offset, pipeline, body, otherwise)

    def _otherwise(self, kind: type[If | With | Range], word: Token) -> list[Node]:
        follows = self._skip_space()
        chained = {If: "if", With: "with"}.get(kind)
        if follows.kind == "keyword" and follows.value == chained:
            self._next()
            return [self._control(kind, follows)]
        self._expect("end", "else")
        body, _ = self._body(("end",), word)
        self._expect("end", "end")
        return body

    def _jump(self, kind: type[Break | Continue], word: Token) -> Node:
        if not self._range_depth:
            raise self._error(word.offset, f"{word.value} stands outside of a range")
        self._expect("end", word.value)
        return kind(word.offset)

    def _text_argument(self, where: str) -> str:
        token = self._skip_space()
        if token.kind not in ("string", "raw"):
            raise self._unexpected(token, where)
        self._next()
        return token.value[1:-1] if token.kind == "raw" else self._unquoted(token)

    def _define(self, word: Token) -> list[Node]:
        if self._nesting > 1:
            raise self._error(word.offset, "define must stand at the outermost level of a template")
        name = self._text_argument("define")
        self._expect("end", "define")
        self._add_tree(name, word)
        return []

    def _block(self, word: Token) -> list[Node]:
        name = self._text_argument("block")
        pipeline = self._pipeline("block", "end")
        self._add_tree(name, word)
        return [Call(word.offset, name, pipeline)]

    def _add_tree(self, name: str, word: Token) -> None:
        kept, self._variables = self._variables, ["$"]
        depth, self._range_depth = self._range_depth, 0
        body, _ = self._body(("end",), word)
        self._expect("end", "end")
        self._variables, self._range_depth = kept, depth
        self._defined.append(Tree(name, self._name, self._source, body))

    def _template(self, word: Token) -> list[Node]:
        name = self._text_argument("template")
        if self._skip_space().kind == "end":
            self._next()
            return [Call(word.offset, name, None)]
        return [Call(word.offset, name, self._pipeline("template", "end"))]
