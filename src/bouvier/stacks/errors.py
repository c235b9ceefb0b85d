"""What is wrong with a stack's files: place, sentence, way out."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where something stands in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class StackError(ValueError):
    """A file that cannot become a stack."""

    def __init__(self, message: str, *, path: str = "", place: Place | None = None, advice: str = "") -> None:
        self.message, self.path, self.place, self.advice = message, path, place, advice
        where = ": ".join(part for part in (str(place or ""), path) if part)
        text = f"{where}: {message}" if where else message
        super().__init__(f"{text}; {advice}" if advice else text)


class Ignored(NamedTuple):
    """A key that is understood and has no effect, or less than it has elsewhere."""

    path: str
    reason: str
