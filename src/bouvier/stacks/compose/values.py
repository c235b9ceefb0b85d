"""Values in the notations of Compose: durations, sizes, commands, names."""

from __future__ import annotations

import math
import re
import shlex
from typing import Any

_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d|w)")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?", re.IGNORECASE)
_FACTORS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def seconds(value: Any) -> float:
    """Return a duration such as `1m30s`, or a number of seconds.

    Raises:
        ValueError: it is not a duration.
    """
    text = str(value).strip()
    if text.isdecimal():
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text} is not a duration such as 1m30s")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def whole_seconds(value: Any) -> int:
    """Return a duration in whole seconds, at least one."""
    return max(1, math.ceil(seconds(value)))


def size(value: Any) -> str:
    """Return a size such as `512m` as a quantity of bytes.

    Raises:
        ValueError: it is not a size.
    """
    found = _SIZE.fullmatch(str(value).strip())
    if found is None:
        raise ValueError(f"{value} is not a size such as 512m")
    return str(int(float(found[1]) * _FACTORS[found[2].lower()]))


def words(value: Any) -> list[str]:
    """Return a command as a list; a text is split as a shell would."""
    return [str(one) for one in value] if isinstance(value, list) else shlex.split(str(value))


def literal(text: str) -> str:
    """Return the text so that Kubernetes expands no `$(NAME)` in it."""
    return text.replace("$(", "$$(")


def dns_label(text: str) -> str:
    """Return a name that a Service may have: lower case, dashes, beginning with a letter; empty if there is none."""
    label = re.sub(r"[^a-z0-9-]+", "-", text.lower()).strip("-")[:63].rstrip("-")
    return label if not label or label[0].isalpha() else f"s-{label}"[:63]
