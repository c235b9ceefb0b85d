"""What is wrong with a chart or with the values given to it."""

from __future__ import annotations


class ChartError(ValueError):
    """A chart cannot be loaded or rendered; the text says what and where."""


class ValuesError(ValueError):
    """Values do not fit the chart; `errors` has one line for each finding."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors
