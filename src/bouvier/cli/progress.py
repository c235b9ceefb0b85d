"""Progress while something is waited for: one changing line on a terminal, plain lines elsewhere.

On standard error, so that `-o json` stays clean.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self


class Progress:
    """Says what is being waited for; a line is written only when it changes."""

    def __init__(self) -> None:
        self._last = ""
        self._live = sys.stderr.isatty()
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._live and self._last:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def say(self, line: str) -> None:
        """Show the present state."""
        if line == self._last:
            return
        self._last = line
        if self._live:
            elapsed = time.monotonic() - self._begun
            sys.stderr.write(f"\r\x1b[2K… {line}  ({elapsed:.0f} s)")
        else:
            sys.stderr.write(f"… {line}\n")
        sys.stderr.flush()
