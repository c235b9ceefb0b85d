"""What can go wrong with a template, always with template, line and column."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A place in a template's text, counted from one."""

    template: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.template}:{self.line}:{self.column}"


class TemplateError(Exception):
    """A template cannot be parsed or executed; `place` is where, `callers` are the templates that led there."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.callers: list[Place] = []
        """Innermost first: where the template of `place` was included, and so on outwards."""

    def __str__(self) -> str:
        text = f"{self.place}: {self.message}"
        shown = self.callers[:CALLERS_SHOWN]
        return text + "".join(f"\n  included at {caller}" for caller in shown)


CALLERS_SHOWN = 5
"""Deeper chains of includes say nothing more to a reader."""


class LimitError(TemplateError):
    """A template does more than it may: steps, output or depth."""


class FunctionError(Exception):
    """A function refuses its arguments; the evaluator adds where. The text is the reason alone."""


def place_of(template: str, source: str, offset: int) -> Place:
    """Return the place of an offset in a source."""
    before = source[:offset]
    line = before.count("\n") + 1
    return Place(template, line, offset - (before.rfind("\n") + 1) + 1)
