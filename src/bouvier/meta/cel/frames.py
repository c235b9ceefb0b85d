"""What an evaluation works on: values of variables by slot, and what it has cost so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

UNSET = object()
"""Stands in the slot of a variable that has no value."""


class Frame:
    """One evaluation."""

    __slots__ = ("cost", "limit", "slots")

    def __init__(self, slots: list[Any], limit: int) -> None:
        self.slots = slots
        self.limit = limit
        self.cost = 0


Run = Callable[[Frame], Any]
"""A compiled node."""
