"""Waiting for conditions in tests."""

import asyncio
import inspect
from collections.abc import Callable
from typing import Any


async def until(condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Return the condition's first true value; fail after a deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (value := condition()):
        assert asyncio.get_running_loop().time() < deadline, "condition not met in time"
        await asyncio.sleep(0.005)
    return value


async def eventually(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Return the first true value of a condition that may need to wait itself; fail after a deadline."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()
        value = await value if inspect.isawaitable(value) else value
        if value:
            return value
        assert asyncio.get_running_loop().time() < deadline, "condition not met in time"
        await asyncio.sleep(0.01)
