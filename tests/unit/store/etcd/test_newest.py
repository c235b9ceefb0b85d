"""One question for many askers, and never an answer from before the question."""

import asyncio

import pytest

from bouvier.store.etcd.newest import SharedQuestion


class Partner:
    """Answers when told, by counting."""

    def __init__(self) -> None:
        self.asked = 0
        self.gate = asyncio.Semaphore(0)

    async def ask(self) -> int:
        self.asked += 1
        answer = self.asked
        await self.gate.acquire()
        if answer == 3:
            raise OSError("away")
        return answer


async def test_who_comes_later_gets_a_later_answer() -> None:
    """Those who wait when a question is sent share it; who comes after it was sent waits for the next one."""
    partner = Partner()
    question = SharedQuestion(partner.ask)
    early = [asyncio.create_task(question.answer()) for _ in range(3)]
    while not partner.asked:
        await asyncio.sleep(0)
    late = [asyncio.create_task(question.answer()) for _ in range(3)]
    await asyncio.sleep(0)
    late[0].cancel()
    partner.gate.release()
    partner.gate.release()
    assert await asyncio.gather(*early) == [1, 1, 1]
    assert await asyncio.gather(*late[1:]) == [2, 2]
    assert partner.asked == 2


async def test_an_error_is_told_and_forgotten() -> None:
    """Everybody who asked hears of it; the next one asks anew."""
    partner = Partner()
    partner.asked = 2
    question = SharedQuestion(partner.ask)
    for _ in range(2):
        partner.gate.release()
    with pytest.raises(OSError, match="away"):
        await question.answer()
    assert await question.answer() == 4
