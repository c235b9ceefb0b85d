"""Running controllers."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.runtime.errors import Permanent, Temporary
from bouvier.controllers.runtime.manager import Manager, rest_after
from bouvier.meta.errors import modified
from tests.support.waiting import until


class Informers:
    """As many caches as these controllers need: none."""

    async def wait_synced(self):
        pass


class Scripted:
    """Answers each call with the next step of a script, then with success."""

    name = "scripted"
    workers = 2
    reads = writes = ()

    def __init__(self, *script):
        self.script = list(script)
        self.calls = []
        self.background = asyncio.Event()

    def register(self, informers, queue):
        self.queue = queue

    async def run(self):
        self.background.set()
        await asyncio.Event().wait()

    async def reconcile(self, key):
        self.calls.append(key)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        return step


@asynccontextmanager
async def running(controller):
    task = asyncio.create_task(Manager(Informers(), [controller]).run())
    try:
        await controller.background.wait()
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize(
    "failure", [Temporary("later"), modified("pods", "p"), ConnectionError("gone"), ValueError("a defect")]
)
async def test_a_failed_key_is_tried_again(failure):
    """Whatever went wrong, the next attempt comes."""
    controller = Scripted(failure)
    async with running(controller):
        controller.queue.add("k")
        await until(lambda: controller.calls == ["k", "k"])


async def test_a_hopeless_key_rests_until_it_changes():
    """Permanent failures cost nothing until an event brings the key back."""
    controller = Scripted(Permanent("never"))
    async with running(controller):
        controller.queue.add("hopeless")
        await until(lambda: controller.calls)
        controller.queue.add("other")
        await until(lambda: controller.calls == ["hopeless", "other"])
        controller.queue.add("hopeless")
        await until(lambda: controller.calls == ["hopeless", "other", "hopeless"])


async def test_a_controller_may_ask_to_be_called_again():
    """Time itself can be a reason to look."""
    controller = Scripted(Again(0.001))
    async with running(controller):
        controller.queue.add("k")
        await until(lambda: controller.calls == ["k", "k"])


def test_only_long_work_is_followed_by_a_rest():
    """Small owners answer at once; large ones gather changes, for half a second at most."""
    assert rest_after(0.002) == 0
    assert rest_after(0.1) > 0.1
    assert rest_after(60) == 0.5
