"""From text to the syntax tree: recursive descent over CEL's grammar, macros recognised on the way.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bouvier.meta.cel import macros
from bouvier.meta.cel.errors import CompileError, Issue
from bouvier.meta.cel.lexer import Token, Whole, tokens
from bouvier.meta.cel.nodes import Call, ListNode, Literal, MapNode, Name, Node, Select, StructNode
from bouvier.meta.cel.values import INT_MAX, INT_MIN, UINT_MAX, UInt

T = TypeVar("T")
MAX_DEPTH = 50
"""Nested expressions; each takes some eight levels of Python's stack, and no rule that people write comes near."""
RESERVED = frozenset(
    "as break const continue else for function if import let loop package namespace return var void while".split()  # noqa: SIM905
)
_RELATIONS = frozenset({"<", "<=", ">", ">=", "==", "!=", "in"})
_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    _RELATIONS,
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)


def parse(source: str) -> Node:
    """Return the tree of an expression.

    Raises:
        CompileError: the text does not follow the grammar.

    """
    return _Parser(source).whole()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = tokens(source)
        self._next = 0
        self._depth = 0

    def whole(self) -> Node:
        tree = self._expression()
        if self._peek.kind != "end":
            raise self._unexpected("<EOF>")
        return tree

    @property
    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _take_if(self, kind: str) -> Token | None:
        return self._take() if self._peek.kind == kind else None

    def _want(self, kind: str) -> Token:
        if self._peek.kind != kind:
            raise self._unexpected(f"'{kind}'" if kind != "name" else "IDENTIFIER")
        return self._take()

    def _unexpected(self, wanted: str) -> CompileError:
        token = self._peek
        shown = token.value if token.kind in ("end", "name") else token.kind
        if token.kind == "literal":
            shown = self._source[token.at : self._tokens[self._next + 1].at].strip()
        return self._error(token.at, f"Syntax error: mismatched input '{shown}' expecting {wanted}")

    def _error(self, at: int, message: str) -> CompileError:
        return CompileError(self._source, [Issue(at, message)])

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(self._peek.at, f"expression recursion limit exceeded: {MAX_DEPTH}")
        condition = self._binary(0)
        mark = self._take_if("?")
        if mark is not None:
            chosen = self._binary(0)
            self._want(":")
            condition = Call(mark.at, "_?_:_", None, [condition, chosen, self._expression()])
        self._depth -= 1
        return condition

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._peek.kind in _LEVELS[level]:
            operator = self._take()
            name = "@in" if operator.kind == "in" else f"_{operator.kind}_"
            left = Call(operator.at, name, None, [left, self._binary(level + 1)])
        return left

    def _unary(self) -> Node:
        if self._peek.kind not in ("!", "-"):
            return self._member(self._primary())
        operator = self._take()
        following = self._peek
        if operator.kind == "-" and following.kind == "literal" and isinstance(following.value, Whole | float):
            self._take()
            return self._member(self._number(following, operator.at, sign=-1))
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._error(operator.at, f"expression recursion limit exceeded: {MAX_DEPTH}")
        operand = self._unary()
        self._depth -= 1
        return Call(operator.at, "!_" if operator.kind == "!" else "-_", None, [operand])

    def _member(self, node: Node) -> Node:
        while self._peek.kind in (".", "[", "{"):
            operator = self._peek
            if operator.kind == "{":
                name = _qualified(node)
                if not name:
                    return node
                node = self._struct(name, node.at)
            else:
                self._take()
                node = self._index(node, operator.at) if operator.kind == "[" else self._dotted(node, operator.at)
        return node

    def _index(self, node: Node, at: int) -> Node:
        is_optional = self._take_if("?") is not None
        index = self._expression()
        self._want("]")
        return Call(at, "_[?_]" if is_optional else "_[_]", None, [node, index])

    def _dotted(self, node: Node, at: int) -> Node:
        is_optional = self._take_if("?") is not None
        quoted = self._take_if("quoted")
        name = str(quoted.value) if quoted else self._field_name()
        opening = self._take_if("(") if not quoted and not is_optional else None
        if opening is None:
            return Select(at, node, name, is_optional=is_optional)
        arguments = self._list_until(")")
        return macros.expanded(self._source, Call(opening.at, name, node, arguments))

    def _field_name(self) -> str:
        if self._peek.kind in ("in", "true", "false", "null"):
            raise self._unexpected("IDENTIFIER")
        return str(self._want("name").value)

    def _list_until(self, closing: str) -> list[Node]:
        found: list[Node] = []
        while self._peek.kind != closing:
            found.append(self._expression())
            if self._take_if(",") is None:
                break
        self._want(closing)
        return found

    def _primary(self) -> Node:
        token = self._peek
        if token.kind == "literal":
            self._take()
            return self._number(token, token.at)
        if token.kind in ("true", "false", "null"):
            self._take()
            return Literal(token.at, {"true": True, "false": False, "null": None}[token.kind])
        if token.kind in ("(", "[", "{"):
            self._take()
            return {"(": self._grouped, "[": self._list, "{": self._map}[token.kind](token)
        leading = self._take_if(".")
        return self._name(is_global=leading is not None)

    def _grouped(self, _opening: Token) -> Node:
        inner = self._expression()
        self._want(")")
        return inner

    def _name(self, *, is_global: bool) -> Node:
        if self._peek.kind != "name":
            raise self._error(
                self._peek.at,
                f"Syntax error: mismatched input '{self._peek.value}' expecting {{'[', '{{', '(', '.', '-', '!', 'true',"
                " 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
            )
        token = self._take()
        name = str(token.value)
        if name in RESERVED:
            raise self._error(token.at, f"reserved identifier: {name}")
        opening = self._take_if("(")
        if opening is None:
            return Name(token.at, name, is_global)
        return macros.expanded(self._source, Call(opening.at, name, None, self._list_until(")")))

    def _list(self, opening: Token) -> Node:
        def element() -> tuple[Node, bool]:
            is_optional = self._take_if("?") is not None
            return self._expression(), is_optional

        return ListNode(opening.at, self._entries("]", element))

    def _map(self, opening: Token) -> Node:
        def entry() -> tuple[Node, Node, bool]:
            is_optional = self._take_if("?") is not None
            key = self._expression()
            self._want(":")
            return key, self._expression(), is_optional

        return MapNode(opening.at, self._entries("}", entry))

    def _struct(self, name: str, at: int) -> Node:
        self._want("{")

        def entry() -> tuple[str, Node, bool]:
            is_optional = self._take_if("?") is not None
            quoted = self._take_if("quoted")
            field = str(quoted.value) if quoted else self._field_name()
            self._want(":")
            return field, self._expression(), is_optional

        return StructNode(at, name, self._entries("}", entry))

    def _entries(self, closing: str, read: Callable[[], T]) -> list[T]:
        found: list[T] = []
        while self._peek.kind != closing:
            found.append(read())
            if self._take_if(",") is None:
                break
        self._want(closing)
        return found

    def _number(self, token: Token, at: int, sign: int = 1) -> Node:
        value = token.value
        if isinstance(value, float):
            return Literal(at, sign * value)
        if not isinstance(value, Whole):
            return Literal(at, value)
        is_unsigned = value[-1] in "uU"
        digits = value.rstrip("uU")
        number = sign * int(digits, 16 if digits.startswith("0x") else 10)
        low, high = (0, UINT_MAX) if is_unsigned else (INT_MIN, INT_MAX)
        if not low <= number <= high or (is_unsigned and sign < 0):
            raise self._error(at, f"invalid {'uint' if is_unsigned else 'int'} literal")
        return Literal(at, UInt(number) if is_unsigned else number)


def _qualified(node: Node) -> str:
    """Return the dotted name that a chain of plain selections is, empty if it is something else."""
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Select) and not node.is_test and not node.is_optional:
        front = _qualified(node.operand)
        return f"{front}.{node.field}" if front else ""
    return ""
