"""What a benchmark reports, and its forms: lines on a terminal, JSON, a section of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value with what it is to be judged by."""

    what: str
    value: float
    unit: str
    """`/s` means that more is better; less is better for every other unit."""
    floor: float | None = None
    """The least (for rates the most) that is possible, measured in the same run."""
    floor_is: str = ""
    original: float | None = None
    """The same figure of kube-apiserver 1.35 with etcd 3.6, measured once on two cores shared with the client."""
    goal: float | None = None
    detail: str = ""

    @property
    def more_is_better(self) -> bool:
        return self.unit == "/s" or self.unit.startswith("×")

    @property
    def ratio(self) -> float | None:
        """Value over floor."""
        return None if not self.floor else self.value / self.floor

    @property
    def factor(self) -> float | None:
        """How many times better than the original."""
        if self.original is None or not self.value:
            return None
        return self.value / self.original if self.more_is_better else self.original / self.value

    @property
    def is_met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value >= self.goal if self.more_is_better else self.value <= self.goal

    def document(self) -> dict[str, Any]:
        return asdict(self) | {"ratio": self.ratio, "factor": self.factor, "met": self.is_met}


HEADINGS = ("figure", "value", "floor", "ratio", "original", "factor", "goal", "", "detail")


def cells(figure: Figure) -> tuple[str, ...]:
    """Return the figure's row, one text for each of `HEADINGS`."""
    mark = {True: "yes", False: "NO", None: ""}[figure.is_met]
    sign = "≥ " if figure.more_is_better else "≤ "
    return (
        figure.what,
        f"{number(figure.value)} {figure.unit}",
        f"{number(figure.floor)} ({figure.floor_is})" if figure.floor is not None else "",
        number(figure.ratio),
        number(figure.original),
        f"{number(figure.factor)}×" if figure.factor is not None else "",
        sign + number(figure.goal) if figure.goal is not None else "",
        mark,
        figure.detail,
    )


def number(value: float | None) -> str:
    """Return three digits that matter, thousands separated."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def line(figure: Figure) -> str:
    """Return the figure as one line of a terminal's table."""
    widths = (50, 14, 34, 7, 9, 8, 9, 4, 0)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells(figure), widths, strict=True)).rstrip()


def heading() -> str:
    """Return the line above the figures."""
    widths = (50, 14, 34, 7, 9, 8, 9, 4, 0)
    return "  ".join(cell.ljust(width) for cell, width in zip(HEADINGS, widths, strict=True)).rstrip()


def markdown(figures: Sequence[Figure]) -> str:
    """Return the figures as a table of a page."""
    rows = ["| " + " | ".join(HEADINGS) + " |", "|---" * len(HEADINGS) + "|"]
    rows += ["| " + " | ".join(cells(figure)) + " |" for figure in figures]
    return "\n".join(rows)


def replace_section(page: str, name: str, text: str) -> str:
    """Return the page with what stands between the two marks of a benchmark replaced.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
    head, found, rest = page.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not (found and found_end):
        raise ValueError(f"the page has no marks {begin.strip()} … {end}")
    return f"{head}{begin}\n{text}\n\n{end}{tail}"
