"""Ten thousand writes by sixteen clients while servers and stores are killed: everything told is true."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.support.etcd import running_etcd
from tests.support.histories import DELETE, DONE, UNKNOWN, violations
from tests.support.serving import ServerProcess
from tests.support.waiting import eventually
from tests.support.writers import Watcher, Writers, listed

WRITES = int(os.environ.get("BOUVIER_FAULT_WRITES", "10000"))
KILLS = 5


async def test_on_a_file(tmp_path: Path) -> None:
    """kill -9 of the API server on its own file."""
    server = ServerProcess(tmp_path, str(tmp_path / "store.db"))

    def strike(_number: int) -> None:
        server.kill()
        server.start()

    await judge([server], strike)


async def test_on_etcd(tmp_path: Path) -> None:
    """kill -9 of the API server and of etcd in turns, at the end of both at once."""
    with running_etcd() as etcd:
        server = ServerProcess(tmp_path, etcd.url)

        def strike(number: int) -> None:
            if number % 2:
                etcd.kill()
            if number % 2 == 0 or number == KILLS:
                server.kill()
            if number % 2:
                etcd.start_again()
            if number % 2 == 0 or number == KILLS:
                server.start()

        await judge([server], strike)


async def test_two_servers_on_etcd(tmp_path: Path) -> None:
    """kill -9 of two API servers and their etcd in turns; the watcher goes on at the other server each time."""
    first, second = tmp_path / "one", tmp_path / "two"
    first.mkdir()
    with running_etcd() as etcd:
        url = etcd.url
        servers = [ServerProcess(first, url)]
        servers[0].start()
        await servers[0].ready()
        shutil.copytree(first, second, ignore=shutil.ignore_patterns("*.sock", "*.log"))
        servers.append(ServerProcess(second, url))

        def strike(number: int) -> None:
            if number == KILLS:
                etcd.kill()
                etcd.start_again()
                return
            servers[number % 2].kill()
            servers[number % 2].start()

        await judge(servers, strike, WRITES // 2)


async def judge(servers: list[ServerProcess], strike: Callable[[int], None], writes: int = WRITES) -> None:
    """Write, strike now and then, and have the history checked."""
    sockets = [server.socket for server in servers]
    try:
        for server in servers:
            server.start()
            await server.ready()
        token = servers[0].token()
        begin, _ = await listed(sockets[0], token)
        writers, watcher = Writers(sockets, token, writes), Watcher(sockets, token, begin)
        watching = asyncio.create_task(watcher.run())
        writing = asyncio.create_task(writers.run())
        for number in range(1, KILLS + 1):
            threshold = writes * number // (KILLS + 1)
            await eventually(lambda threshold=threshold: len(writers.attempts) >= threshold, 120)
            await asyncio.to_thread(strike, number)
            for server in servers:
                await server.ready()
        await asyncio.wait_for(writing, 120)
        final = (await listed(sockets[-1], token))[1]
        newest = max((version.revision for version in final.values()), default=0)
        await eventually(lambda: watcher.revision >= newest and not unseen(writers, watcher))
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    finally:
        for server in servers:
            server.kill()
    assert not writers.defects, writers.defects[:5]
    assert not watcher.defects, watcher.defects[:5]
    assert violations(writers.attempts, watcher.seen, final) == []
    assert watcher.connections > 1
    told = [attempt.outcome for attempt in writers.attempts]
    assert told.count(DONE) > writes / 4
    print(f"{told.count(DONE)} done, {told.count(UNKNOWN)} unknown, {watcher.connections} watches")


def unseen(writers: Writers, watcher: Watcher) -> bool:
    """Tell whether a deletion that is the newest of all may still be on its way to the watcher."""
    last = [attempt for attempt in writers.attempts[-50:] if attempt.kind == DELETE and attempt.outcome == DONE]
    known = {event.uid for event in watcher.seen if event.type == "DELETED"}
    return any(attempt.uid not in known for attempt in last)
