"""Sizes as people read them."""

from __future__ import annotations

from decimal import Decimal

_STEP = 1024
_UNITS = ("bytes", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def show(size_bytes: int | Decimal) -> str:
    """Return a size in the largest unit that leaves at least one, such as `1.5Gi`."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size /= _STEP
        unit += 1
    return f"{size:.1f}".removesuffix(".0") + ("" if unit else " ") + _UNITS[unit]
