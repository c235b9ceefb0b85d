"""YAML with the position of every value, in the dialect of Compose.

Plain scalars follow YAML 1.2, so that `22:22` and `yes` stay text; numbers with a leading zero are octal, as file modes
are written. Duplicate keys are refused, `<<` merges, and an alias may not contain itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from bouvier.stacks.errors import Place, StackError

MOST_NODES = 200_000
"""More values than any stack has; stops files whose aliases multiply."""
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o?[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}


class _Loader(yaml.SafeLoader):
    """Composes nodes; scalars are read by `_scalar`."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - overrides the library's attribute


@dataclass(slots=True)
class Document:
    """The values of one or more merged files, and where each stands."""

    data: dict[str, Any]
    places: dict[str, Place] = field(default_factory=dict)
    """By path, such as `services.web.ports[0]`."""

    def place(self, path: str) -> Place | None:
        """Return the place of a path, or of the nearest value around it."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.places.get("")

    def error(self, path: str, message: str, advice: str = "") -> StackError:
        """Return the error for the value at a path."""
        return StackError(message, path=path, place=self.place(path), advice=advice)


def read(text: str, file: str) -> Document:
    """Return the mapping that a file holds; an empty file is an empty mapping.

    Raises:
        StackError: the text is not YAML, or not a mapping.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        raise StackError(f"not YAML: {error.problem or error.context}", place=place) from None
    except yaml.YAMLError as error:
        raise StackError(f"not YAML: {error}", place=Place(file, 1, 1)) from None
    document = Document({}, {"": Place(file, 1, 1)})
    if node is None:
        return document
    value = _Builder(document, file).value(node, "", ())
    if not isinstance(value, dict):
        raise StackError("expected a mapping of services", place=_place(file, node))
    document.data = value
    return document


def child(path: str, key: object) -> str:
    """Return the path of a key beneath `path`."""
    return f"{path}.{key}" if path else str(key)


def _place(file: str, node: Any) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


class _Builder:
    def __init__(self, document: Document, file: str) -> None:
        self._document, self._file, self._count = document, file, 0

    def value(self, node: Any, path: str, around: tuple[int, ...]) -> Any:
        self._count += 1
        if self._count > MOST_NODES or id(node) in around:
            raise StackError("an alias contains itself or too much", path=path, place=_place(self._file, node))
        self._document.places[path] = _place(self._file, node)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        inner = (*around, id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, f"{path}[{index}]", inner) for index, one in enumerate(node.value)]
        return self._mapping(node, path, inner)

    def _mapping(self, node: Any, path: str, around: tuple[int, ...]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(key_node)
            if key == "<<" and key_node.style is None:
                sources = value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                for source in reversed(sources):
                    merged |= self._merge_source(source, path, around)
                continue
            if key in own:
                place = _place(self._file, key_node)
                raise StackError(f"{key} stands twice", path=path, place=place, advice="keep one of them")
            own[key] = self.value(value_node, child(path, key), around)
        return merged | own

    def _merge_source(self, node: Any, path: str, around: tuple[int, ...]) -> dict[str, Any]:
        value = self.value(node, path, around)
        if not isinstance(value, dict):
            raise StackError("<< merges mappings only", path=path, place=_place(self._file, node))
        return value


def _key(node: Any) -> str:
    if not isinstance(node, yaml.ScalarNode):
        mark = node.start_mark
        raise StackError("a key is a word", place=Place("", mark.line + 1, mark.column + 1))
    return str(node.value)


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.tag == "tag:yaml.org,2002:null":
        return None
    if node.style is not None or node.tag == "tag:yaml.org,2002:str!":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _OCTAL.fullmatch(text) and len(text) > 1:
        return int(text.replace("o", ""), 8)
    if _INTEGER.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    return float(text) if _FLOAT.fullmatch(text) else text
