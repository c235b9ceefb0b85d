"""YAML as Helm reads it: YAML 1.1 words, C-like integers, no timestamps, and every number a float.

One difference from Helm: keys are texts as they are written, whatever word they are.

Parsing is PyYAML's C loader; only what plain words mean is ours. Aliases are expanded up to a limit.
Source: https://pkg.go.dev/sigs.k8s.io/yaml
"""

from __future__ import annotations

import re
from typing import Any

import yaml

DEEPEST = 200
"""Levels of a document. The C loader recurses without a check, so the depth is counted by events first."""
ALIASED_NODES_LIMIT = 100_000
"""Nodes after the expansion of aliases: a few lines of nested aliases can stand for gigabytes."""

_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"[-+]?(0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)$|\.(nan|NaN|NAN)$")


class YamlError(ValueError):
    """A text is not YAML; `line` and `column` are counted from one, 0 when unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"line {line}, column {column}: {message}" if line else message)
        self.message, self.line, self.column = message, line, column


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own protocol


class _TextLoader(yaml.CSafeLoader):
    """Leaves every word as it is written, as Go does where a field is declared to be text."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own protocol


def read_yaml(text: str, *, as_texts: bool = False) -> Any:
    """Return the first document of a text, None when it is empty.

    With `as_texts` numbers and words stay texts as they are written: `1.10`, `010`, `yes`, `N`.

    Raises:
        YamlError: the text is not YAML, too deep, or too large with its aliases.
    """
    return next(iter(read_all(text, as_texts=as_texts)), None)


def read_all(text: str, *, as_texts: bool = False) -> list[Any]:
    """Return every document of a text that holds anything.

    Raises:
        YamlError: as `read_yaml`.
    """
    try:
        _check_depth(text)
        loader = _TextLoader(text) if as_texts else _Loader(text)
        try:
            return list(_documents(loader, has_aliases="*" in text))
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or error.context or "this is not YAML"
        raise YamlError(message, mark.line + 1 if mark else 0, mark.column + 1 if mark else 0) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise YamlError(str(error) or "nested too deeply") from None


def _documents(loader: yaml.CSafeLoader, *, has_aliases: bool) -> Any:
    while loader.check_node():
        node = loader.get_node()
        assert node is not None
        if has_aliases:
            _check_size(node)
        value = loader.construct_document(node)
        if value is not None:
            yield _copied(value) if has_aliases else value


def _check_depth(text: str) -> None:
    if len(text) <= DEEPEST:
        return
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                raise YamlError(f"nested more than {DEEPEST} levels deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _check_size(root: yaml.Node) -> None:
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known is not None:
            if not known:
                raise yaml.YAMLError("an alias stands for a part of itself")
            return known
        sizes[id(node)] = 0
        total = 1 + sum(size(child) for child in _children(node))
        if total > ALIASED_NODES_LIMIT:
            raise yaml.YAMLError("the document expands too far by its aliases")
        sizes[id(node)] = total
        return total

    size(root)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _copied(value: Any) -> Any:
    """Return the value without parts that stand in two places, which templates might change in place."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _null(_loader: yaml.CSafeLoader, _node: yaml.Node) -> None:
    return None


def _text(_loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _boolean(_loader: _Loader, node: yaml.ScalarNode) -> bool:
    return node.value in _TRUE


def _integer(_loader: _Loader, node: yaml.ScalarNode) -> float | str:
    text = node.value.replace("_", "")
    digits = text.lstrip("+-").lower()
    try:
        if digits.startswith(("0x", "0b", "0o")):
            return float(int(text, 0))
        return float(int(text, 8) if len(digits) > 1 and digits.startswith("0") else int(text))
    except (ValueError, OverflowError):
        return str(node.value)


def _float(_loader: _Loader, node: yaml.ScalarNode) -> float:
    text = node.value.lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan")) if "n" in text else float(text)


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    return {_key(key): loader.construct_object(value, deep=True) for key, value in node.value}


def _key(node: yaml.Node) -> str:
    """Return a key as it is written: `n`, `on` and `8080` stay what they are, where Helm makes `false` and `true` of two."""
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.constructor.ConstructorError(None, None, "a key must be text", node.start_mark)
    return str(node.value)


def _sequence(loader: yaml.CSafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return [loader.construct_object(child, deep=True) for child in node.value]


def _prepare() -> None:
    words = re.compile("(" + "|".join(sorted(_TRUE | _FALSE, key=len, reverse=True)) + ")$")
    nulls = re.compile("(" + "|".join(re.escape(word) for word in sorted(_NULL)) + ")$")
    prefix = "tag:yaml.org,2002:"
    _Loader.add_implicit_resolver(prefix + "bool", words, list("yYnNtTfFoO"))
    _Loader.add_implicit_resolver(prefix + "int", _INTEGER, list("-+0123456789"))
    _Loader.add_implicit_resolver(prefix + "float", _FLOAT, list("-+.0123456789"))
    _Loader.add_implicit_resolver(prefix + "float", _SPECIAL, list("-+."))
    for kind in (_Loader, _TextLoader):
        kind.add_implicit_resolver(prefix + "null", nulls, ["~", "n", "N", ""])
        kind.add_implicit_resolver(prefix + "merge", re.compile("<<$"), ["<"])
    makers: dict[str, Any] = {
        "null": _null,
        "bool": _boolean,
        "int": _integer,
        "float": _float,
        "map": _mapping,
        "seq": _sequence,
    }
    for name, maker in makers.items():
        _Loader.add_constructor(prefix + name, maker)
        _TextLoader.add_constructor(prefix + name, maker if name in ("null", "map", "seq") else _text)
    for kind in (_Loader, _TextLoader):
        kind.add_constructor(prefix + "timestamp", _text)


_prepare()
