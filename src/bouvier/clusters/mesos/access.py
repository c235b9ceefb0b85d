"""Logs and exec of tasks through their agents; fulfils `clusters.driver.Access`.

A task's output lies in two files of its sandbox, read piece by piece; Mesos keeps no time with a line.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bouvier.clusters.mesos.http import CallRefusedError, MesosHttp
from bouvier.clusters.mesos.observe import Place
from bouvier.clusters.mesos.sessions import session
from bouvier.engine.errors import EngineError
from bouvier.engine.protocol import Session
from bouvier.engine.specs import ExecSpec, LogOptions
from bouvier.engine.states import Output
from bouvier.meta.errors import bad_request

PIECE_BYTES = 16 * 4096
"""READ_FILE gives no more than sixteen memory pages."""
FOLLOW_SECONDS = 0.3
"""Between two looks at a file that is followed: agents do not announce that one grew."""


class AgentAccess:
    """The tasks of one cluster; containers are named by task id."""

    def __init__(self) -> None:
        self._places: Mapping[str, Place] = {}
        self._agents: dict[str, MesosHttp] = {}

    def know(self, places: Mapping[str, Place]) -> None:
        """Take in where the tasks are."""
        self._places = places

    def _place(self, task: str) -> tuple[MesosHttp, Place]:
        place = self._places.get(task)
        if place is None or not place.agent_url:
            raise EngineError(f"the agent of task {task} is not known to the master")
        if place.agent_url not in self._agents:
            self._agents[place.agent_url] = MesosHttp([place.agent_url])
        return self._agents[place.agent_url], place

    async def logs(self, container: str, options: LogOptions) -> AsyncIterator[Output]:
        """Read a task's output: what is there of standard output, then of errors, then what comes of either."""
        http, place = self._place(container)
        names = [name for name, wanted in (("stdout", options.stdout), ("stderr", options.stderr)) if wanted]
        offsets = {name: await self._start(http, place, name, options.tail) for name in names}
        while True:
            is_quiet = True
            for name in names:
                while data := (await self._read(http, place, name, offsets[name]))[1]:
                    offsets[name] += len(data)
                    is_quiet = False
                    yield Output(name, data)
            if not options.follow or (is_quiet and container not in self._places):
                return
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _start(self, http: MesosHttp, place: Place, name: str, tail: int | None) -> int:
        """Return where to begin so that `tail` lines follow."""
        if tail is None:
            return 0
        size, _ = await self._read(http, place, name, 0, 0)
        begin, rest = size, b""
        while begin > 0 and rest.rstrip(b"\n").count(b"\n") < tail:
            step = min(begin, PIECE_BYTES)
            begin -= step
            rest = (await self._read(http, place, name, begin, step))[1] + rest
        lines = rest.splitlines(keepends=True)
        return size - sum(len(line) for line in lines[len(lines) - min(tail, len(lines)) :])

    async def _read(
        self, http: MesosHttp, place: Place, name: str, offset: int, length: int = PIECE_BYTES
    ) -> tuple[int, bytes]:
        """Return the size of a file and a piece of it."""
        path = f"/frameworks/{place.framework}/executors/{place.executor}/runs/latest/{name}"
        try:
            found = await http.operate("READ_FILE", {"path": path, "offset": offset, "length": length})
        except CallRefusedError as error:
            raise EngineError(str(error)) from error
        except ConnectionError as error:
            raise EngineError(str(error)) from error
        return int(found["size"]), base64.b64decode(found.get("data", ""))

    def execute(self, container: str, spec: ExecSpec) -> AbstractAsyncContextManager[Session]:
        """Run a command inside a task's container."""
        return self._execute(container, spec)

    @asynccontextmanager
    async def _execute(self, container: str, spec: ExecSpec) -> AsyncIterator[Session]:
        http, place = self._place(container)
        if not place.container:
            raise EngineError(f"the container of task {container} is not known yet")
        async with session(http, place.container, spec) as made:
            yield made

    def attach(self, container: str, *, stdin: bool) -> AbstractAsyncContextManager[Session]:
        """Refuse: agents attach only to containers that were launched for it."""
        del stdin
        raise bad_request(f"{container}: attach is not possible on Mesos: use logs -f, or exec")

    async def run(self, container: str, command: tuple[str, ...], seconds: float) -> int:
        """Run a command to its end and return its exit code.

        Raises:
            EngineError: it could not be run in time.
        """
        try:
            async with asyncio.timeout(seconds), self._execute(container, ExecSpec(command)) as made:
                while await made.receive() is not None:
                    pass
                return await made.exit_code() or 0
        except (TimeoutError, ConnectionError) as error:
            raise EngineError(f"{command[0]}: {error}") from error

    async def close(self) -> None:
        """Close all connections."""
        for http in self._agents.values():
            await http.close()
