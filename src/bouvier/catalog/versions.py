"""Semantic versions and ranges of them, in the dialect that Helm charts and Rancher catalogs use.

A range is comparisons joined by commas or spaces (all must hold), alternatives joined by `||`. Beside `= != < <= > >=`
there are `^1.2` (same first non-zero number), `~1.2` (same minor), `1.2.x`, and `1.2 - 2.3`. A pre-release only satisfies a
range that names one.
Source: https://semver.org, https://pkg.go.dev/github.com/Masterminds/semver/v3
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, total_ordering
from typing import NamedTuple

_VERSION = re.compile(
    r"v?(?P<major>0|[1-9]\d*|0\d+)(?:\.(?P<minor>\d+))?(?:\.(?P<patch>\d+))?"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_PART = r"(?:\d+|[xX*])"
_BOUND = rf"v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
_HYPHEN = re.compile(rf"\s*({_BOUND})\s+-\s+({_BOUND})\s*")
_COMPARISON = re.compile(rf"\s*(=>|=<|==|!=|>=|<=|~>|[=<>~^])?\s*({_BOUND})\s*,?")


@total_ordering
class Version(NamedTuple):
    """A semantic version; missing numbers count as zero."""

    major: int
    minor: int
    patch: int
    prerelease: str = ""
    build: str = ""
    original: str = ""

    def __str__(self) -> str:
        tail = (f"-{self.prerelease}" if self.prerelease else "") + (f"+{self.build}" if self.build else "")
        return f"{self.major}.{self.minor}.{self.patch}{tail}"

    @property
    def precedence(self) -> tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]:
        """Return what versions are ordered by; build metadata does not count."""
        parts = self.prerelease.split(".") if self.prerelease else []
        ranked = tuple((not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts)
        return (self.major, self.minor, self.patch, not self.prerelease, ranked)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.precedence == other.precedence

    def __lt__(self, other: object) -> bool:
        return self.precedence < other.precedence if isinstance(other, Version) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.precedence)


class _Comparison(NamedTuple):
    holds: Callable[[Version], bool]
    allows_prerelease: bool


@lru_cache(maxsize=4096)
def parse_version(text: str) -> Version:
    """Return the version of a text such as `v1.2.3-rc.1`.

    Raises:
        ValueError: the text is no version.
    """
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a version such as 1.2.3")
    major, minor, patch = (int(match[part] or 0) for part in ("major", "minor", "patch"))
    return Version(major, minor, patch, match["pre"] or "", match["build"] or "", text.strip())


def version_or_none(text: str) -> Version | None:
    """Return the version of a text, None when it is none."""
    try:
        return parse_version(text)
    except ValueError:
        return None


class VersionRange:
    """A set of versions."""

    def __init__(self, text: str) -> None:
        """Parse a range.

        Raises:
            ValueError: the text is no range.
        """
        self.text = text
        self._alternatives = [_comparisons(part) for part in text.split("||")]

    def matches(self, version: Version) -> bool:
        """Tell whether the version lies in the range."""
        return any(
            all((one.allows_prerelease or not version.prerelease) and one.holds(version) for one in alternative)
            for alternative in self._alternatives
        )


@lru_cache(maxsize=1024)
def parse_range(text: str) -> VersionRange:
    """Return the range of a text.

    Raises:
        ValueError: the text is no range.
    """
    return VersionRange(text)


def _comparisons(text: str) -> list[_Comparison]:
    if not text.strip():
        return [_compared("", "*")]
    found: list[_Comparison] = []
    position = 0
    while position < len(text):
        match = _HYPHEN.match(text, position)
        if match:
            found += [_compared(">=", match[1]), _compared("<=", match[2])]
        else:
            match = _COMPARISON.match(text, position)
            if match is None or not match[0].strip(" ,"):
                raise ValueError(f"{text.strip()!r} is not a range of versions such as >=1.2, <2")
            found.append(_compared(match[1] or "", match[2]))
        position = match.end()
    return found


def _compared(operator: str, bound: str) -> _Comparison:
    core, dash, tail = bound.lstrip("v").partition("+")[0].partition("-")
    words = core.split(".")
    known = next((index for index, word in enumerate(words) if word in "xX*"), len(words))
    major, minor, patch = [int(word) for word in words[:known]] + [0] * (3 - known)
    low = Version(major, minor, patch, tail if dash else "")
    high = _next(low, known - 1) if known < 3 else None
    operator = {"=>": ">=", "=<": "<=", "==": "=", "~>": "~"}.get(operator, operator)
    return _Comparison(_test(operator, low, high, known), bool(low.prerelease))


def _next(version: Version, part: int) -> Version | None:
    """Return the first version after all that share the numbers up to `part`; None when they share none."""
    if part < 0:
        return None
    numbers = [version.major, version.minor, version.patch]
    numbers[part] += 1
    major, minor, patch = (number if index <= part else 0 for index, number in enumerate(numbers))
    return Version(major, minor, patch)


def _test(operator: str, low: Version, high: Version | None, known: int) -> Callable[[Version], bool]:
    """Return the test of one comparison; `high` is the end of a bound that leaves numbers open, such as `1.2.x`."""
    if known == 0:
        return lambda _version: operator not in ("!=", "<", ">")
    if operator == "^":
        first = next((index for index in range(known) if low[index]), known - 1)
        return _between(low, _next(low, first))
    if operator == "~":
        return _between(low, _next(low, min(known - 1, 1)))
    if operator in ("", "="):
        return _between(low, high) if high else lambda version: version == low
    if operator == "!=":
        inside = _between(low, high) if high else lambda version: version == low
        return lambda version: not inside(version)
    if operator == ">":
        return (lambda version: version >= high) if high else lambda version: version > low
    if operator == "<=":
        return (lambda version: version < high) if high else lambda version: version <= low
    return (lambda version: version >= low) if operator == ">=" else lambda version: version < low


def _between(low: Version, high: Version | None) -> Callable[[Version], bool]:
    return lambda version: low <= version and (high is None or _core(version) < _core(high))


def _core(version: Version) -> tuple[int, int, int]:
    return version[:3]
