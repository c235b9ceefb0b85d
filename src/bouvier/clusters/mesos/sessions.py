"""Sessions inside a task's container, by an agent's operator API: exec as nested containers.

A session's output is the answer to the call that launches it; input and terminal sizes go by a second call, and a third
waits for the exit status. Source: https://mesos.apache.org/documentation/latest/debugging/
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bouvier.clusters.mesos import recordio
from bouvier.clusters.mesos.http import STREAM, CallRefusedError, MesosHttp
from bouvier.engine.errors import EngineError
from bouvier.engine.specs import ExecSpec
from bouvier.engine.states import Output

Message = dict[str, Any]
EXIT_SECONDS = 10.0
"""After the end of its output a process is as good as ended; an agent that does not say so is not waited for."""


class NestedSession:
    """Both directions of one session; fulfils `engine.protocol.Session`."""

    def __init__(
        self, http: MesosHttp, container: Message, messages: AsyncIterator[Any], *, stdout: bool, stderr: bool
    ) -> None:
        self._http = http
        self._container = container
        self._messages = messages
        self._wanted = {"STDOUT": stdout, "STDERR": stderr}
        self._input: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._sender: asyncio.Task[None] | None = None
        body = {"type": "WAIT_NESTED_CONTAINER", "wait_nested_container": {"container_id": container}}
        self._waiter = asyncio.ensure_future(http.json("POST", "/api/v1", body, limits=STREAM))

    async def receive(self) -> Output | None:
        """Return the next output, None at its end."""
        async for message in self._messages:
            data = message.get("data") or {}
            if message.get("type") == "DATA" and self._wanted.get(data.get("type", "")) and data.get("data"):
                return Output(data["type"].lower(), base64.b64decode(data["data"]))
        return None

    async def send(self, data: bytes) -> None:
        """Write to standard input."""
        self._post({"type": "DATA", "data": {"type": "STDIN", "data": base64.b64encode(data).decode()}})

    async def close_stdin(self) -> None:
        """Tell that the input has ended: an empty piece."""
        self._post({"type": "DATA", "data": {"type": "STDIN", "data": ""}})

    async def resize(self, width: int, height: int) -> None:
        """Set the size of the terminal."""
        size = {"window_size": {"rows": height, "columns": width}}
        self._post({"type": "CONTROL", "control": {"type": "TTY_INFO", "tty_info": size}})

    def _post(self, process_io: Message) -> None:
        if self._sender is None:
            self._input.put_nowait(_input({"type": "CONTAINER_ID", "container_id": self._container}))
            self._sender = asyncio.ensure_future(self._http.upload("/api/v1", self._records()))
        self._input.put_nowait(_input({"type": "PROCESS_IO", "process_io": process_io}))

    async def _records(self) -> AsyncIterator[bytes]:
        while (record := await self._input.get()) is not None:
            yield record

    async def exit_code(self) -> int | None:
        """Return the exit code; the agent answers with a status as `wait` gives it."""
        try:
            answer = await asyncio.wait_for(asyncio.shield(self._waiter), EXIT_SECONDS)
        except (TimeoutError, ConnectionError, CallRefusedError) as error:
            raise EngineError(f"the agent does not say how the command ended: {error}") from error
        status = ((answer or {}).get("wait_nested_container") or {}).get("exit_status", 0)
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    async def close(self) -> None:
        """End what is left of the calls; the agent ends the process with the launching one."""
        self._input.put_nowait(None)
        for task in filter(None, (self._sender, self._waiter)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError, CallRefusedError):
                await task


def _input(message: Message) -> bytes:
    return recordio.encode({"type": "ATTACH_CONTAINER_INPUT", "attach_container_input": message})


@asynccontextmanager
async def session(http: MesosHttp, parent: str, spec: ExecSpec) -> AsyncIterator[NestedSession]:
    """Run a command inside a container.

    Raises:
        EngineError: the agent refuses.
    """
    container: Message = {"value": str(uuid.uuid4()), "parent": {"value": parent}}
    call: Message = {"container_id": container, "command": _command(spec)}
    if spec.terminal:
        call["container"] = {"type": "MESOS", "tty_info": {}}
    body = {"type": "LAUNCH_NESTED_CONTAINER_SESSION", "launch_nested_container_session": call}
    headers = {"Accept": "application/recordio", "Message-Accept": "application/json"}
    try:
        async with http.records("/api/v1", body, headers) as (_, messages):
            made = NestedSession(http, container, messages, stdout=spec.stdout, stderr=spec.stderr or spec.terminal)
            try:
                yield made
            finally:
                await made.close()
    except CallRefusedError as error:
        raise EngineError(f"{error}: commands can be run only inside containers of Mesos' own containerizer") from error


def _command(spec: ExecSpec) -> Message:
    return {"shell": False, "value": spec.command[0], "arguments": list(spec.command)}
