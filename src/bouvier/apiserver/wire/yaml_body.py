"""YAML as Kubernetes reads and writes it: YAML 1.1 words for booleans, C-like numbers, never timestamps, text keys.

Parsing is PyYAML's C loader; only what plain words mean is ours. Aliases are expanded, up to a limit: a few lines of
nested aliases can stand for gigabytes.
Source: https://yaml.org/type/ and the behaviour of kubectl for `on`, `0644`, `1e3`, `1:30`.
"""

from __future__ import annotations

import re
from typing import Any

import orjson
import yaml

from bouvier.apiserver.wire.json_body import DEPTH_LIMIT
from bouvier.kinds.kind import FieldHint

ALIASED_NODES_LIMIT = 100_000
"""Nodes of a document with aliases after their expansion: some 10 MB of Python objects, far above any manifest."""

_SAFE_BYTES = DEPTH_LIMIT
"""A body this short cannot nest deeper than the limit, since each level takes a byte."""

_TRUE = frozenset(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"])
_FALSE = frozenset(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"])
_INTEGER = re.compile(r"[-+]?(0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_FIRST_OF_NUMBER = list("-+.0123456789")


class _Loader(yaml.CSafeLoader):
    """The C loader with Kubernetes' reading of plain words; collects keys that occur twice."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own protocol

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self.hints: list[FieldHint] = []


def decode_yaml(body: bytes) -> tuple[Any, list[FieldHint]]:
    """Return the one document of a YAML body, and a hint for each key that occurs twice in one mapping.

    Raises:
        ValueError: the body is not YAML, holds several documents or expands beyond the limit.

    """
    has_aliases = b"*" in body
    loader = _Loader(body)
    try:
        _check_depth(body)
        node = loader.get_single_node()
        if node is None:
            return None, []
        if has_aliases:
            _check_size(node)
        document = loader.construct_document(node)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(_message(error)) from error
    finally:
        loader.dispose()
    if has_aliases:  # they share objects, which callers change in place
        document = orjson.loads(orjson.dumps(document))
    return document, loader.hints


def yaml_from_json(body: bytes) -> bytes:
    """Return a JSON document as YAML."""
    return yaml.dump(orjson.loads(body), Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True).encode()


def _message(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"yaml: line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, RecursionError):
        return "yaml: the document is nested too deeply"
    return f"yaml: {error}"


def _check_depth(body: bytes) -> None:
    """Refuse documents that nest too deeply, by a pass over the parser's events, which needs no recursion.

    The C loader recurses without a check: some 100,000 levels would end the process.
    """
    if len(body) <= _SAFE_BYTES:
        return
    depth = 0
    for event in yaml.parse(body, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_LIMIT:
            raise RecursionError


def _check_size(root: yaml.Node) -> None:
    """Refuse documents that are endless or too large once aliases are expanded."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known is not None:
            if known == 0:
                raise yaml.YAMLError("an alias stands for a part of itself")
            return known
        sizes[id(node)] = 0
        total = 1 + sum(size(child) for child in _children(node))
        if total > ALIASED_NODES_LIMIT:
            raise yaml.YAMLError("document contains excessive aliasing")
        sizes[id(node)] = total
        return total

    size(root)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _null(_loader: _Loader, _node: yaml.Node) -> None:
    return None


def _text(_loader: _Loader, node: yaml.ScalarNode) -> str:
    return str(node.value)


def _boolean(_loader: _Loader, node: yaml.ScalarNode) -> bool:
    return node.value in _TRUE


def _integer(_loader: _Loader, node: yaml.ScalarNode) -> int:
    text = node.value.replace("_", "")
    digits = text.lstrip("+-").lower()
    if digits.startswith(("0x", "0b", "0o")):
        return int(text, 0)
    return int(text, 8) if len(digits) > 1 and digits.startswith("0") else int(text)


def _float(_loader: _Loader, node: yaml.ScalarNode) -> float | int:
    value = float(node.value)
    return int(value) if value.is_integer() and "." not in node.value else value


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = _key(loader.construct_object(key_node, deep=True), key_node)
        if key in result:
            line = key_node.start_mark.line + 1
            loader.hints.append(FieldHint(key, f'line {line}: key "{key}" already set in map'))
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _key(value: Any, node: yaml.Node) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise yaml.constructor.ConstructorError(None, None, "a key must be text", node.start_mark)


def _sequence(loader: _Loader, node: yaml.SequenceNode) -> list[Any]:
    return [loader.construct_object(child, deep=True) for child in node.value]


def _prepare() -> None:
    words = re.compile("(" + "|".join(sorted(_TRUE | _FALSE, key=len, reverse=True)) + ")$")
    _Loader.add_implicit_resolver("tag:yaml.org,2002:bool", words, list("yYnNtTfFoO"))
    _Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
    _Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, _FIRST_OF_NUMBER)
    nulls = re.compile("(" + "|".join(re.escape(word) for word in sorted(_NULL)) + ")$")
    _Loader.add_implicit_resolver("tag:yaml.org,2002:null", nulls, ["~", "n", "N", ""])
    _Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("<<$"), ["<"])
    _Loader.add_constructor("tag:yaml.org,2002:null", _null)
    _Loader.add_constructor("tag:yaml.org,2002:bool", _boolean)
    _Loader.add_constructor("tag:yaml.org,2002:int", _integer)
    _Loader.add_constructor("tag:yaml.org,2002:float", _float)
    _Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
    _Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)
    _Loader.add_constructor("tag:yaml.org,2002:timestamp", _text)


_prepare()
