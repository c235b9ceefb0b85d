"""Writing results: JSON, YAML or a table; colour and cursor only where a person looks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any


def is_terminal() -> bool:
    """Tell whether a person reads the output."""
    return sys.stdout.isatty()


def write_data(value: Any, form: str) -> None:
    """Write `value` as JSON or YAML."""
    if form == "json":
        sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
        return
    import yaml  # noqa: PLC0415 - rarely asked for

    yaml.safe_dump(value, sys.stdout, sort_keys=False, allow_unicode=True)


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]], empty: str = "") -> None:
    """Write rows under upper-case columns, each as wide as its widest cell."""
    if not rows and empty:
        sys.stderr.write(empty + "\n")
        return
    table = [tuple(columns), *(tuple(row) for row in rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    for row in table:
        line = "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")


def age_text(seconds: float) -> str:
    """Return an age in the short form of kubectl: `12s`, `5m`, `3h`, `4d`."""
    for unit_seconds, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * unit_seconds or (unit_seconds == 86400 and seconds >= unit_seconds):
            return f"{int(seconds // unit_seconds)}{letter}"
    return f"{max(0, int(seconds))}s"
