"""The balancer's count of bytes with a real HAProxy, over reloads, restarts of ours and a kill."""

import asyncio
import contextlib
import os
import signal

from tests.e2e.network.test_balancer import Stage, ingress, stage  # noqa: F401 (a fixture)
from tests.e2e.network.world import endpoint, endpoint_slice, service


async def counted(stage: Stage, least: int) -> int:  # noqa: F811
    """Look until so many bytes were sent, and return how many."""
    async with asyncio.timeout(60):
        while True:
            await stage.balancer._look()
            sent = stage.balancer.traffic()[1].get("default/web", (0, 0))[1]
            if sent >= least:
                return sent
            await asyncio.sleep(0.05)


async def answers(stage: Stage) -> bool:  # noqa: F811
    """Tell whether the balancer answers; while it is started again nothing listens."""
    with contextlib.suppress(AssertionError):
        return await stage.code("web.example") == "200"
    return False


async def test_bytes_are_counted_once_whoever_restarts(stage: Stage) -> None:  # noqa: F811
    """Requests before and after a reload, a restart of the platform's process and a kill of HAProxy add up."""
    pod = await stage.world.pod("web")
    await stage.feed(
        services=service("web"),
        slices=endpoint_slice("web", endpoint(pod.address)),
        ingresses=ingress("web", ("web.example", "Prefix", "/", "web")),
    )
    for _ in range(5):
        await stage.get("web.example")
    five = await counted(stage, 1)
    epoch = stage.balancer.traffic()[0]

    await stage.feed(ingresses=ingress("more", ("more.example", "Prefix", "/", "web")))  # a reload
    assert await counted(stage, five) == five
    for _ in range(5):
        await stage.get("web.example")
    ten = await counted(stage, 2 * five)
    assert ten == 2 * five

    stage.restart()
    await stage.settled()
    assert stage.balancer.traffic()[0] == epoch
    assert await counted(stage, ten) == ten
    for pid in stage.haproxies():
        os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(60):
        while not await answers(stage):
            await asyncio.sleep(0.1)
    assert await counted(stage, ten + five // 5) >= ten + five // 5
