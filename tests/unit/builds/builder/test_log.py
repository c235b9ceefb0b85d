"""Logs of builds: written by one, followed by many."""

import asyncio
from pathlib import Path

from bouvier.builds.builder.log import SNIPPET_LINES, BuildLog, last_lines, read_log


async def test_followers_get_everything_and_leave_at_the_end(tmp_path: Path) -> None:
    """What was there before, what comes later, and then the end."""
    log = BuildLog(tmp_path / "logs" / "a.log")
    log.line("one")

    async def follow() -> bytes:
        return b"".join([piece async for piece in read_log(tmp_path / "logs" / "a.log", log)])

    followers = [asyncio.create_task(follow()) for _ in range(2)]
    await asyncio.sleep(0)
    for number in range(50):
        log.write(f"{number}\n")
        if number % 7 == 0:
            await asyncio.sleep(0)
    log.close()
    expected = ("one\n" + "".join(f"{n}\n" for n in range(50))).encode()
    async with asyncio.timeout(60):
        assert await asyncio.gather(*followers) == [expected, expected]


def test_the_end_of_the_log_explains_a_failure(tmp_path: Path) -> None:
    """A failed build carries the last lines."""
    log = BuildLog(tmp_path / "a.log")
    for number in range(20):
        log.line(f"line {number}")
    assert log.snippet().splitlines() == [f"line {n}" for n in range(20 - SNIPPET_LINES, 20)]
    log.close()
    assert last_lines(b"a\nb\nc\n", 2) == b"b\nc\n"
    assert last_lines(b"a\n", 0) == b""
