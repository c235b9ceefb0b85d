"""Slow start: many equal requests in growing batches, so that a mistake shared by all of them is made few times."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
FIRST_BATCH = 1


async def slow_start(items: Sequence[Item], act: Callable[[Item], Awaitable[None]]) -> tuple[int, Exception | None]:
    """Run `act` for the items in batches of 1, 2, 4, …; stop after the first batch with a failure.

    Returns how many items succeeded and the first failure. The items that were never tried are the caller's to note.
    """
    succeeded, position, size = 0, 0, FIRST_BATCH
    while position < len(items):
        batch = items[position : position + size]
        results = await asyncio.gather(*(act(item) for item in batch), return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        succeeded += len(results) - len(failures)
        if failures:
            return succeeded, _first(failures)
        position += size
        size *= 2
    return succeeded, None


def _first(failures: list[BaseException]) -> Exception:
    for failure in failures:
        if not isinstance(failure, Exception):
            raise failure
    return failures[0]  # type: ignore[return-value]


MOST_AT_ONCE = 32
"""Requests of one reconciliation under way together: enough to fill one of the store's commits, few beside other work."""


async def in_parallel(items: Sequence[Item], act: Callable[[Item], Awaitable[None]]) -> None:
    """Run `act` for all items, some at once; the first failure is raised when those beside it have ended."""
    for start in range(0, len(items), MOST_AT_ONCE):
        results = await asyncio.gather(
            *(act(item) for item in items[start : start + MOST_AT_ONCE]), return_exceptions=True
        )
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            raise _first(failures)
