"""Semantic versions in templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.values import Record
from bouvier.catalog.versions import Version, parse_range, parse_version


def _parsed(text: str) -> Version:
    try:
        return parse_version(text)
    except ValueError as error:
        raise FunctionError(str(error)) from None


def _record(version: Version) -> Record:
    def compare(other: Record) -> int:
        two = _parsed(other.text)
        return (version > two) - (version < two)

    methods: dict[str, Callable[..., Any]] = {
        "Compare": compare,
        "Equal": lambda other: compare(other) == 0,
        "LessThan": lambda other: compare(other) < 0,
        "GreaterThan": lambda other: compare(other) > 0,
        "Major": lambda: version.major,
        "Minor": lambda: version.minor,
        "Patch": lambda: version.patch,
        "Prerelease": lambda: version.prerelease,
        "Metadata": lambda: version.build,
        "Original": lambda: version.original,
        "String": lambda: str(version),
    }
    return Record("*semver.Version", {}, methods, str(version))


def _compare(wanted: str, version: str) -> bool:
    try:
        return parse_range(wanted).matches(_parsed(version))
    except ValueError as error:
        raise FunctionError(str(error)) from None


FUNCTIONS: dict[str, Function] = {
    "semver": function("s", lambda text: _record(_parsed(text))),
    "semverCompare": function("ss", _compare),
}
