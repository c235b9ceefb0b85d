"""Values that are a number or a percentage: `maxSurge: 25%`, `minAvailable: 2`.

Source: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/intstr
"""

from __future__ import annotations

import re

_PERCENT = re.compile(r"([-+]?[0-9]{1,9})%")


def is_percent(value: int | str) -> bool:
    """Tell whether the value is a percentage in the right form."""
    return isinstance(value, str) and _PERCENT.fullmatch(value) is not None


def percent(value: int | str) -> int:
    """Return the number before the percent sign.

    Raises:
        ValueError: the value is not a percentage.
    """
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"invalid value for IntOrString: {value!r} is not a percentage such as 25%")
    return int(match[1])


def resolve(value: int | str, total: int, *, round_up: bool) -> int:
    """Return the number that the value stands for: an integer itself, a percentage its share of `total`.

    Raises:
        ValueError: a text that is not a percentage.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    share = percent(value) * total
    return -(-share // 100) if round_up else share // 100
