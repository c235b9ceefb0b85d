"""The HAProxy master process of this host: started, found again after a restart of ours, reloaded, ended.

HAProxy runs in a session of its own and serves on when this process dies. Its end is noticed through a process
descriptor, whoever started it. A worker that dies takes its master along, so one descriptor is enough.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bouvier.network.balancer.render import MAIN
from bouvier.network.balancer.sockets import Sockets

START_SECONDS = 5.0
"""HAProxy with a thousand backends is up within a second."""
_POLL_SECONDS = 0.01
"""Pause between looks at a socket that is just being made; only while starting and reloading."""
_LOG_BYTES = 4 << 20
"""The log is emptied at the next start or reload when it has grown beyond this."""

_WORKER = re.compile(r"^(\d+)\s+worker\s", re.MULTILINE)
_MASTER = re.compile(r"^(\d+)\s+master\s+\d+ \[failed: (\d+)\]", re.MULTILINE)
_log = logging.getLogger(__name__)


class Processes(NamedTuple):
    """What the master says of itself."""

    master: int
    worker: int
    """The present worker; 0 when none is up."""
    failed_reloads: int


class StartError(Exception):
    """HAProxy did not come up, or not with the new configuration."""


class Haproxy:
    """The master process that belongs to a folder."""

    def __init__(self, folder: Path, sockets: Sockets) -> None:
        self._folder = folder
        self._sockets = sockets
        self.pid = 0
        self.ended = asyncio.Event()
        """Set while no master is known to run."""
        self.ended.set()
        self._child: asyncio.subprocess.Process | None = None

    async def adopt(self) -> bool:
        """Find a master that a former process of ours left running; return False when there is none.

        One that is just starting or reloading gets the time to finish.
        """
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while running_in(self._folder) and asyncio.get_running_loop().time() < deadline:
            found = await self._processes()
            if found and found.worker:
                self._follow(found.master)
                return True
            await asyncio.sleep(_POLL_SECONDS)
        return False

    async def start(self) -> None:
        """Start a master, and end what a dead one left behind once the new one listens.

        Raises:
            StartError: with the last lines of its log.
        """
        leftovers = running_in(self._folder)
        arguments = ["-W", "-S", "unix@master.sock,mode,600", "-f", MAIN]
        with self._log_file() as log:
            self._child = await asyncio.create_subprocess_exec(
                "haproxy",
                *arguments,
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._follow(self._child.pid)
        await self._until_worker(other_than=0)
        _signal(leftovers, signal.SIGUSR1)

    async def reload(self) -> None:
        """Have the master read its configuration again; connections go on.

        Raises:
            StartError: the old worker serves on with the old configuration.
        """
        before = await self._processes()
        if before is None:
            raise StartError("the master does not answer")
        self._log_file().close()
        await self._sockets.master("reload")
        await self._until_worker(other_than=before.worker, failures=before.failed_reloads)

    def last_words(self) -> str:
        """Return the alerts at the end of the log."""
        try:
            lines = (self._folder / "haproxy.log").read_text(errors="replace").splitlines()[-20:]
        except FileNotFoundError:
            return ""
        return "\n".join([line for line in lines if "[ALERT]" in line][-4:])

    async def _until_worker(self, *, other_than: int, failures: int = 0) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while True:
                    found = await self._processes()
                    if found and found.master == self.pid and found.worker not in {0, other_than}:
                        return
                    if self.ended.is_set() or (found and found.failed_reloads > failures):
                        raise StartError(self.last_words() or "haproxy ended without a word")
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError as error:
            raise StartError(f"haproxy did not come up within {START_SECONDS:g} s") from error

    async def _processes(self) -> Processes | None:
        try:
            return parse(await self._sockets.master("show proc"))
        except OSError:
            return None

    def _follow(self, pid: int) -> None:
        """Notice the end of a process."""
        self.pid = pid
        self.ended.clear()
        loop = asyncio.get_running_loop()
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            self.ended.set()
            return

        def gone() -> None:
            loop.remove_reader(descriptor)
            os.close(descriptor)
            if self.pid == pid:
                self.ended.set()

        loop.add_reader(descriptor, gone)

    def _log_file(self) -> BinaryIO:
        """Return the log, opened to be added to; emptied when it has grown too large."""
        path = self._folder / "haproxy.log"
        file = path.open("ab")
        if file.tell() > _LOG_BYTES:
            file.truncate(0)
        return file


async def end(folder: Path) -> None:
    """End the master of a folder and everything that belongs to it, connections included."""
    _signal(running_in(folder), signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            while running_in(folder):  # noqa: ASYNC110  they may be nobody's children of ours
                await asyncio.sleep(_POLL_SECONDS)
    _signal(running_in(folder), signal.SIGKILL)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def parse(listing: str) -> Processes | None:
    """Return what `show proc` says; None when it is not its output."""
    master = _MASTER.search(listing)
    if master is None:
        return None
    present = listing.partition("# old workers")[0]
    worker = _WORKER.search(present)
    return Processes(int(master[1]), int(worker[1]) if worker else 0, int(master[2]))


def workers_of(listing: str) -> list[int]:
    """Return the workers that `show proc` names, those that finish their last connections included."""
    return [int(pid) for pid in _WORKER.findall(listing)]


def running_in(folder: Path) -> list[int]:
    """Return the HAProxy processes whose working directory is the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text() == "haproxy\n" and (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
    return found
