"""YAML as Go's `sigs.k8s.io/yaml` writes it: keys in natural order, lists at their key's column, texts quoted when
they would be read as something else.

The emitter is PyYAML's C one, which has the same origin (libyaml) as Go's; styles and order are ours.
"""

from __future__ import annotations

import re
from functools import cmp_to_key
from typing import Any

import yaml

from bouvier.catalog.documents.numbers import yaml_number

_READ_AS_OTHER = re.compile(
    r"(?:[yY]|yes|Yes|YES|[nN]|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"
    r"|~|null|Null|NULL|"
    r"[-+]?(?:0[bB][01_]+|0[xX][0-9a-fA-F_]+|0[oO]?[0-7_]+|[0-9][0-9_]*)"
    r"|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?"
    r"(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)?"
)
_NUMBER = re.compile(
    r"[-+]?(?:0[bB][01]+|0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|[0-9]+"
    r"|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
_WIDTH = 80
"""Plain texts are folded after this column, as Go's emitter does."""


_SCALAR = "tag:yaml.org,2002:str"


class _Manner:
    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> Any:
        """Let every plain word stand without a tag: which words need quotes is decided here, not by PyYAML."""
        return _SCALAR if kind is yaml.ScalarNode else super().resolve(kind, value, implicit)  # type: ignore[misc]

    def ignore_aliases(self, _data: Any) -> bool:
        """Write every value where it stands, never an alias."""
        return True


class _Dumper(_Manner, yaml.CSafeDumper):
    pass


class _IndentingDumper(_Manner, yaml.SafeDumper):
    """Writes lists two columns in from their key; PyYAML's own emitter, since the C one cannot."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002 - PyYAML's
        """Indent lists like everything else."""
        super().increase_indent(flow, False)  # noqa: FBT003


def write_yaml(value: Any, *, indent_lists: bool = False) -> str:
    """Return the value as YAML, ended by a line break.

    Raises:
        TypeError: a value that YAML has no form for.
    """
    dumper = _IndentingDumper if indent_lists else _Dumper
    text: str = yaml.dump(
        value, Dumper=dumper, default_flow_style=False, width=_WIDTH, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("...\n") if isinstance(value, _SCALARS) else text


_SCALARS = (str, int, float, bool, type(None))


def _natural(one: str, two: str) -> int:
    """Compare keys as Go's YAML does: letters after all other signs, digits by the number that begins with them.

    Source: https://pkg.go.dev/gopkg.in/yaml.v2, order of map keys
    """
    for index, (left, right) in enumerate(zip(one, two, strict=False)):
        if left == right:
            continue
        if left.isalpha() or right.isalpha():
            return (
                (left > right) - (left < right)
                if left.isalpha() and right.isalpha()
                else left.isalpha() - right.isalpha()
            )
        ours, theirs = _digits(one, index), _digits(two, index)
        by_number = int(ours or 0) - int(theirs or 0)
        return by_number or len(ours) - len(theirs) or (left > right) - (left < right)
    return len(one) - len(two)


def _digits(text: str, index: int) -> str:
    match = _LEADING_DIGITS.match(text, index)
    return match[0] if match else ""


_LEADING_DIGITS = re.compile(r"[0-9]*")
_ORDER = cmp_to_key(_natural)


def _write_map(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    ordered = [(key, value[key]) for key in sorted(value, key=_ORDER)]
    return dumper.represent_mapping("tag:yaml.org,2002:map", ordered, flow_style=not value)


def _write_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=not value)


def _write_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    if "\n" in value:
        return dumper.represent_scalar(_SCALAR, value, style="|")
    style = '"' if _READ_AS_OTHER.fullmatch(value) or _is_spaced_number(value) else None
    return dumper.represent_scalar(_SCALAR, value, style=style)


def _is_spaced_number(value: str) -> bool:
    """Tell whether a text is a number once its underscores are taken out, as Go's reader does after a sign or digit."""
    return "_" in value and value[0] in "+-0123456789" and _NUMBER.fullmatch(value.replace("_", "")) is not None


def _write_number(dumper: yaml.SafeDumper, value: float) -> yaml.Node:
    return dumper.represent_scalar(_SCALAR, yaml_number(value))


def _write_word(dumper: yaml.SafeDumper, value: bool | None) -> yaml.Node:  # noqa: FBT001 - a value
    return dumper.represent_scalar(_SCALAR, {None: "null", True: "true", False: "false"}[value])


_REPRESENTERS: dict[type, Any] = {
    dict: _write_map,
    list: _write_list,
    str: _write_text,
    int: _write_number,
    float: _write_number,
    bool: _write_word,
    type(None): _write_word,
}
for _type, _representer in _REPRESENTERS.items():
    _Dumper.add_representer(_type, _representer)
    _IndentingDumper.add_representer(_type, _representer)
