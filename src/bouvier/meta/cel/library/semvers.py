"""Kubernetes' functions on semantic versions.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-semver-library
"""

from __future__ import annotations

import re
from typing import Any

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method, traversal
from bouvier.meta.cel.types import BOOL, INT, STRING, opaque
from bouvier.meta.cel.values import Opaque

_LONGEST = 1024
"""Characters of a version: longer texts are none."""
SEMVER = opaque("kubernetes.Semver")
_NUMBER = r"(0|[1-9]\d*)"
_PART = r"(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)"
_FORM = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PART}(?:\.{_PART})*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?", re.ASCII
)


class Semver(Opaque):
    """A version."""

    __slots__ = ("numbers", "release")
    type_name = "kubernetes.Semver"

    def __init__(self, text: str) -> None:
        match = _FORM.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            raise ValueError(text)
        self.numbers = (int(match[1]), int(match[2]), int(match[3]))
        self.release = match[4] or ""

    @property
    def rank(self) -> tuple[Any, ...]:
        """Return what orders versions: a pre-release is before its release, numbers before words."""
        parts = [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in self.release.split(".") if part]
        return self.numbers, not parts, parts

    def identity(self) -> Any:
        """Compare without the build part."""
        return self.rank


def _normalized(text: str) -> str:
    """Return a text with its `v` and leading zeros gone and missing numbers filled in."""
    front, mark, back = text.removeprefix("v").partition("-")
    if not mark:
        front, mark, back = front.partition("+")
    numbers = [number.lstrip("0") or "0" if number else "" for number in front.split(".")]
    return ".".join([*numbers, "0", "0"][: max(3, len(numbers))]) + mark + back


def _parse(text: str, normalize: bool = False) -> Semver:  # noqa: FBT001, FBT002
    try:
        return Semver(_normalized(text) if normalize else text)
    except ValueError:
        raise EvaluationError(f"No Major.Minor.Patch elements found in {text!r}") from None


def _is_semver(text: str, normalize: bool = False) -> bool:  # noqa: FBT001, FBT002
    return len(text) <= _LONGEST and _FORM.fullmatch(_normalized(text) if normalize else text) is not None


FUNCTIONS: tuple[Overload, ...] = (
    *(function("semver", params, SEMVER, _parse, traversal()) for params in ((STRING,), (STRING, BOOL))),
    *(function("isSemver", params, BOOL, _is_semver, traversal()) for params in ((STRING,), (STRING, BOOL))),
    method("major", (SEMVER,), INT, lambda one: one.numbers[0]),
    method("minor", (SEMVER,), INT, lambda one: one.numbers[1]),
    method("patch", (SEMVER,), INT, lambda one: one.numbers[2]),
    method("isLessThan", (SEMVER, SEMVER), BOOL, lambda one, two: one.rank < two.rank),
    method("isGreaterThan", (SEMVER, SEMVER), BOOL, lambda one, two: one.rank > two.rank),
    method("compareTo", (SEMVER, SEMVER), INT, lambda one, two: (one.rank > two.rank) - (one.rank < two.rank)),
)
