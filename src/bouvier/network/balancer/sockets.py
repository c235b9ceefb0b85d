"""Talking to HAProxy's sockets, however long the path of the data directory is.

The address of a Unix socket has room for 107 characters. HAProxy is started in the balancer's folder and uses relative
paths; we reach the same sockets through a descriptor of that folder.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

ANSWER_SECONDS = 5.0
"""HAProxy answers within milliseconds; a process that does not is being replaced or stuck."""
_MASTER = "master.sock"
_BATCH = 40
"""Commands in one request: HAProxy reads at most one buffer of 16 kB."""


class Sockets:
    """The sockets in the balancer's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self._folder)

    async def master(self, command: str) -> str:
        """Send a command to the master process.

        Raises:
            OSError: there is none, or it does not answer.
        """
        return await self._exchange(_MASTER, command + "\n")

    async def runtime(self, commands: Sequence[str]) -> str:
        """Send commands to the present worker and return all output.

        Raises:
            OSError: there is none, or it does not answer.
        """
        batches = [commands[start : start + _BATCH] for start in range(0, len(commands), _BATCH)]
        return "".join([await self._exchange("runtime.sock", ";".join(batch) + "\n") for batch in batches])

    async def metrics(self) -> str:
        """Return the worker's figures in Prometheus' format."""
        answer = await self._exchange("metrics.sock", "GET /metrics HTTP/1.0\r\n\r\n")
        return answer.partition("\r\n\r\n")[2]

    async def _exchange(self, name: str, request: str) -> str:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_unix_connection(f"/proc/self/fd/{self._folder}/{name}")
            try:
                writer.write(request.encode())
                if name == _MASTER:
                    writer.write_eof()  # the master keeps the connection open for further commands otherwise
                return (await reader.read(-1)).decode(errors="replace")
            finally:
                writer.close()
