r"""Field selectors: `spec.nodeName=host1,status.phase!=Running`.

Only equality and inequality exist; which fields a resource offers is the API server's affair. `\\`, `\,` and `\=`
stand for the character itself. An empty term is skipped, an empty text selects everything.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

_TERM = re.compile(r"(?:\\.|[^\\,])+", re.DOTALL)
_PARTS = re.compile(r"(?P<field>(?:\\.|[^\\=!])+)(?P<operator>!=|==|=)(?P<value>.*)", re.DOTALL)
_VALUE = re.compile(r"(?:\\[\\,=]|[^\\,=])*", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SPECIAL = re.compile(r"([\\,=])")


class FieldRequirement(NamedTuple):
    """What one field must be, or must not be."""

    field: str
    negated: bool
    value: str

    def __str__(self) -> str:
        value = _SPECIAL.sub(r"\\\1", self.value)
        return f"{self.field}!={value}" if self.negated else f"{self.field}={value}"


class FieldSelector:
    """A conjunction of requirements on fields. Immutable and hashable."""

    __slots__ = ("empty", "requirements")

    def __init__(self, requirements: tuple[FieldRequirement, ...] = ()) -> None:
        self.requirements = requirements
        self.empty = not requirements
        """Matches every object: callers may skip the question."""

    def matches(self, get: Callable[[str], str]) -> bool:
        """Tell whether the object whose field values `get` returns satisfies every requirement."""
        for field, negated, value in self.requirements:  # noqa: SIM110 a generator triples the time, and this is asked often
            if (get(field) == value) is negated:
                return False
        return True

    def __str__(self) -> str:
        return ",".join(map(str, self.requirements))

    def __repr__(self) -> str:
        return f"FieldSelector({self})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSelector) and self.requirements == other.requirements

    def __hash__(self) -> int:
        return hash(self.requirements)


def parse_field_selector(text: str) -> FieldSelector:
    r"""Return the selector that the text describes.

    Raises:
        ValueError: a term has no operator or a wrong escape.
    """
    if text.replace("\\\\", "").endswith("\\"):
        raise ValueError(f'invalid field selector: "{text}"; it ends in an unfinished escape sequence')
    return FieldSelector(tuple(_requirement(term, text) for term in _TERM.findall(text)))


def _requirement(term: str, text: str) -> FieldRequirement:
    parts = _PARTS.fullmatch(term)
    if parts is None:
        raise ValueError(f"invalid selector: '{text}'; can't understand '{term}'")
    if not _VALUE.fullmatch(parts["value"]):
        raise ValueError(f"invalid selector: '{text}'; escape '\\', ',' and '=' in the value of '{term}' with '\\'")
    return FieldRequirement(parts["field"], parts["operator"] == "!=", _ESCAPED.sub(r"\1", parts["value"]))
