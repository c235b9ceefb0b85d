"""One demand on one label: the atom of label selectors and of node affinity terms.

Operators are named as in the API (`In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt`, `Lt`). Equality is `In` with one
value, inequality `NotIn` with one value. A missing label satisfies `NotIn` and `DoesNotExist` and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")

NAME_LENGTH = 63
"""Limit of a label's name and of its value (one DNS label)."""
PREFIX_LENGTH = 253
"""Limit of a label key's prefix (one DNS name)."""

_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_INTEGER = re.compile(r"[-+]?[0-9]+")


class Requirement(NamedTuple):
    """What one label must be; build it with `make_requirement`, which checks it."""

    key: str
    operator: str
    """One of `OPERATORS`."""
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether the labels satisfy this requirement."""
        value = labels.get(self.key)
        operator = self.operator
        if operator == "In":
            return value in self.values
        if operator == "NotIn":
            return value not in self.values
        if operator == "Exists":
            return value is not None
        if operator == "DoesNotExist":
            return value is None
        return value is not None and self._compare(value)

    def _compare(self, value: str) -> bool:
        if not _INTEGER.fullmatch(value):
            return False
        (bound,) = self.values
        return int(value) > int(bound) if self.operator == "Gt" else int(value) < int(bound)

    def __str__(self) -> str:
        values = ",".join(sorted(self.values))
        single = len(self.values) == 1
        forms = {
            "In": f"{self.key}={values}" if single else f"{self.key} in ({values})",
            "NotIn": f"{self.key}!={values}" if single else f"{self.key} notin ({values})",
            "Exists": self.key,
            "DoesNotExist": f"!{self.key}",
            "Gt": f"{self.key}>{values}",
            "Lt": f"{self.key}<{values}",
        }
        return forms[self.operator]


def make_requirement(key: str, operator: str, values: Iterable[str] = ()) -> Requirement:
    """Return a checked requirement.

    Raises:
        ValueError: the key or a value cannot be a label's, the operator is unknown, or the number of values is wrong.
    """
    chosen = frozenset(values)
    _check_key(key)
    _check_count(key, operator, chosen)
    if operator in ("Gt", "Lt"):
        _check_bound(key, chosen)
        return Requirement(key, operator, chosen)
    for value in chosen:
        _check_value(key, value)
    return Requirement(key, operator, chosen)


def _check_key(key: str) -> None:
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > PREFIX_LENGTH or not _PREFIX.fullmatch(prefix)):
        raise ValueError(
            f'key: Invalid value: "{key}": prefix part must be a DNS name of at most {PREFIX_LENGTH} letters'
        )
    if len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
        raise ValueError(
            f"key: Invalid value: \"{key}\": name part must consist of alphanumeric characters, '-', '_' or '.', "
            f"must start and end with an alphanumeric character and be at most {NAME_LENGTH} characters"
        )


def _check_value(key: str, value: str) -> None:
    if value and (len(value) > NAME_LENGTH or not _NAME.fullmatch(value)):
        raise ValueError(
            f'values[{key}]: Invalid value: "{value}": a valid label must be an empty string or consist of alphanumeric '
            f"characters, '-', '_' or '.', start and end with an alphanumeric character and be at most {NAME_LENGTH} characters"
        )


def _check_count(key: str, operator: str, values: frozenset[str]) -> None:
    if operator not in OPERATORS:
        raise ValueError(f'operator: Unsupported value: "{operator}": supported values: {", ".join(OPERATORS)}')
    if operator in ("In", "NotIn") and not values:
        raise ValueError(f"values[{key}]: for 'in', 'notin' operators, values set can't be empty")
    if operator in ("Exists", "DoesNotExist") and values:
        raise ValueError(f"values[{key}]: values set must be empty for exists and does not exist")
    if operator in ("Gt", "Lt") and len(values) != 1:
        raise ValueError(f"values[{key}]: for 'Gt', 'Lt' operators, exactly one value is required")


def _check_bound(key: str, values: frozenset[str]) -> None:
    for value in values:
        if not _INTEGER.fullmatch(value):
            raise ValueError(
                f"values[{key}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
            )
