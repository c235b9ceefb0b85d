"""Writing statuses: the newest one, once."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.node.pods.publish import StatusPublisher
from tests.support.pods import pod


class SlowApi:
    """Answers a patch when it is told to, and echoes what it has."""

    def __init__(self) -> None:
        self.status: Obj = {}
        self.patches: list[Obj] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.errors: list[Exception] = []

    async def patch(self, *_: Any, **__: Any) -> Obj:
        body = _[2]["status"]
        self.patches.append(body)
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop()
        self.status = self.status | body
        return {"status": self.status}


def status(phase: str, since: str = "1") -> Obj:
    return {"phase": phase, "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": since}]}


def publisher(api: SlowApi) -> StatusPublisher:
    return StatusPublisher(cast("Client", api), pod())


async def test_the_newest_status_is_sent_after_a_slow_one() -> None:
    """What lies between is never written."""
    api = SlowApi()
    writing = publisher(api)
    api.gate.clear()
    writing.want(status("Pending"))
    await asyncio.sleep(0)
    for phase in ("A", "B", "Running"):
        writing.want(status(phase))
    api.gate.set()
    await writing.settled()
    assert [patch["phase"] for patch in api.patches] == ["Pending", "Running"]


async def test_echoes_cause_no_further_writes() -> None:
    """The base of the next status never goes back to an older write, so times do not alternate."""
    api = SlowApi()
    writing = publisher(api)
    api.gate.clear()
    writing.want(status("Pending", "1"))
    await asyncio.sleep(0)
    writing.want(status("Pending", "2"))
    writing.observe(pod(status=status("Pending", "1")))
    assert writing.base()["conditions"][0]["lastTransitionTime"] == "2"
    api.gate.set()
    await writing.settled()
    writing.observe(pod(status=api.status))
    writing.want(status("Pending", "2"))
    await writing.settled()
    assert len(api.patches) == 2


async def test_what_others_wrote_is_put_right() -> None:
    """A condition of ours that somebody else changed is written again."""
    api = SlowApi()
    writing = publisher(api)
    writing.want(status("Running"))
    await writing.settled()
    foreign = {"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}
    writing.observe(pod(status=foreign))
    writing.want(status("Running"))
    await writing.settled()
    assert api.patches[-1] == {"conditions": status("Running")["conditions"]}


async def test_an_end_that_others_decided_is_accepted() -> None:
    """A pod that was failed from outside stays failed."""
    api = SlowApi()
    writing = publisher(api)
    writing.want(status("Running"))
    await writing.settled()
    writing.observe(pod(status={"phase": "Failed", "reason": "Evicted", "conditions": []}))
    assert (writing.base()["phase"], writing.base()["reason"]) == ("Failed", "Evicted")


async def test_a_refusal_is_not_repeated_but_an_outage_is() -> None:
    """A status that the API will never take is given up; while it is away it is tried again."""
    api = SlowApi()
    writing = publisher(api)
    api.errors = [ApiError("NotFound", "gone")]
    writing.want(status("Running"))
    await writing.settled()
    assert len(api.patches) == 1
    api.errors = [ConnectionError()]
    writing.want(status("Succeeded"))
    await writing.settled()
    assert api.status["phase"] == "Succeeded"
