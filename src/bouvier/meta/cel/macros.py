"""Calls that are not functions: `has`, the loops over lists and maps, `cel.bind` and `optMap`.

Source: https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
"""

from __future__ import annotations

from bouvier.meta.cel.errors import CompileError, Issue
from bouvier.meta.cel.nodes import Bind, Call, Loop, Name, Node, Select

_TESTS = {"all": "all", "exists": "exists", "exists_one": "exists_one", "existsOne": "exists_one"}
_TRANSFORMS = ("transformList", "transformMap", "transformMapEntry")
_OPTIONAL = ("optMap", "optFlatMap")


def expanded(source: str, call: Call) -> Node:
    """Return what a call stands for: itself, or the node of the macro that it is.

    Raises:
        CompileError: a macro whose arguments have the wrong form.

    """
    name, count = call.function, len(call.args)
    if call.target is None:
        return _has(source, call) if name == "has" and count == 1 else call
    if name == "bind" and count == 3 and isinstance(call.target, Name) and call.target.name == "cel":
        return Bind(call.at, _variable(source, call.args[0]), call.args[1], call.args[2])
    if name in _TESTS and count in (2, 3):
        return _loop(source, call, _TESTS[name], call.args[:-1], call.args[-1], None)
    if name == "filter" and count == 2:
        return _loop(source, call, "filter", call.args[:1], call.args[1], None)
    if name == "map" and count in (2, 3):
        return _loop(source, call, "map", call.args[:1], call.args[1] if count == 3 else None, call.args[-1])
    if name in _TRANSFORMS and count in (3, 4):
        return _loop(source, call, name, call.args[:2], call.args[2] if count == 4 else None, call.args[-1])
    if name in _OPTIONAL and count == 2:
        return Bind(call.at, _variable(source, call.args[0]), call.target, call.args[1], name)
    return call


def _has(source: str, call: Call) -> Node:
    tested = call.args[0]
    if not isinstance(tested, Select) or tested.is_optional:
        raise CompileError(source, [Issue(tested.at, "invalid argument to has() macro")])
    return Select(call.at, tested.operand, tested.field, is_test=True)


def _loop(  # noqa: PLR0917
    source: str, call: Call, macro: str, variables: list[Node], condition: Node | None, result: Node | None
) -> Node:
    assert call.target is not None
    names = tuple(_variable(source, one) for one in variables)
    if len(set(names)) != len(names):
        raise CompileError(source, [Issue(variables[1].at, "duplicate variable name")])
    return Loop(call.at, macro, call.target, names, condition, result)


def _variable(source: str, node: Node) -> str:
    if not isinstance(node, Name) or node.is_global:
        raise CompileError(source, [Issue(node.at, "argument must be a simple name")])
    return node.name
