"""YAML as Go's `sigs.k8s.io/yaml` writes it: keys in natural order, lists at their key's column, texts quoted when
they would be read as something else.

The emitter is PyYAML's C one, which has the same origin (libyaml) as Go's; styles and order are ours.
"""

from __future__ import annotations

import re
from functools import cmp_to_key
from typing import Any

import yaml

from bouvier.catalog.documents.numbers import json_number

_READ_AS_OTHER = re.compile(
    r"(?:[yY]|yes|Yes|YES|[nN]|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"
    r"|~|null|Null|NULL|<<|"
    r"[-+]?(?:0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)?"
)
_WIDTH = 80
"""Plain texts are folded after this column, as Go's emitter does."""


_SCALAR = "tag:yaml.org,2002:str"


class _Dumper(yaml.CSafeDumper):
    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        """Let every plain word stand without a tag: which words need quotes is decided here, not by PyYAML."""
        return _SCALAR if kind is yaml.ScalarNode else super().resolve(kind, value, implicit)

    def ignore_aliases(self, _data: Any) -> bool:
        """Write every value where it stands, never an alias."""
        return True


def write_yaml(value: Any) -> str:
    """Return the value as YAML, ended by a line break.

    Raises:
        TypeError: a value that YAML has no form for.
    """
    text: str = yaml.dump(value, Dumper=_Dumper, default_flow_style=False, width=_WIDTH, allow_unicode=True, sort_keys=False)
    return text.removesuffix("...\n") if isinstance(value, _SCALARS) else text


_SCALARS = (str, int, float, bool, type(None))


def _natural(one: str, two: str) -> int:
    """Compare keys as Go's YAML does: digits by their number, letters after everything else.

    Source: https://pkg.go.dev/gopkg.in/yaml.v2, order of map keys
    """
    for index, (left, right) in enumerate(zip(one, two, strict=False)):
        if left == right:
            continue
        numbers = _number_at(one, index), _number_at(two, index)
        if None not in numbers and numbers[0] != numbers[1]:
            return -1 if numbers[0] < numbers[1] else 1  # type: ignore[operator]
        if left.isalpha() != right.isalpha():
            return 1 if left.isalpha() else -1
        return -1 if left < right else 1
    return len(one) - len(two)


def _number_at(text: str, index: int) -> int | None:
    """Return the number that the sign at `index` is part of, None when it is none."""
    if not text[index].isdigit():
        return None
    start = index
    while start and text[start - 1].isdigit():
        start -= 1
    match = re.match(r"[0-9]+", text[start:])
    return int(match[0]) if match else None


_ORDER = cmp_to_key(_natural)


def _write_map(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    ordered = [(key, value[key]) for key in sorted(value, key=_ORDER)]
    return dumper.represent_mapping("tag:yaml.org,2002:map", ordered, flow_style=not value)


def _write_list(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=not value)


def _write_text(dumper: _Dumper, value: str) -> yaml.Node:
    if "\n" in value:
        return dumper.represent_scalar(_SCALAR, value, style="|")
    style = '"' if _READ_AS_OTHER.fullmatch(value) else None
    return dumper.represent_scalar(_SCALAR, value, style=style)


def _write_number(dumper: _Dumper, value: float) -> yaml.Node:
    return dumper.represent_scalar(_SCALAR, json_number(value))


def _write_word(dumper: _Dumper, value: bool | None) -> yaml.Node:
    return dumper.represent_scalar(_SCALAR, {None: "null", True: "true", False: "false"}[value])


_Dumper.add_representer(dict, _write_map)
_Dumper.add_representer(list, _write_list)
_Dumper.add_representer(str, _write_text)
_Dumper.add_representer(int, _write_number)
_Dumper.add_representer(float, _write_number)
_Dumper.add_representer(type(None), _write_word)
_Dumper.add_representer(bool, _write_word)
