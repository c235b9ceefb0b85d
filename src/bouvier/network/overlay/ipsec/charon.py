"""The charon process of a host: started, found again after a restart of ours, spoken to, ended.

Like HAProxy it runs in a session of its own and serves on when this process dies. What it has is asked over VICI, so
nothing has to be remembered. The `vici` library blocks: every conversation is one function, run in a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import vici

from bouvier.network.overlay.ipsec.render import CHILD, Changes, configuration, routing_table

START_SECONDS = 10.0
TALK_SECONDS = 10.0
"""charon answers in milliseconds; one that hangs is killed and started again."""
_INITIATE_MILLISECONDS = -1
"""Do not wait for the negotiation: the next round sees how it went."""
_POLL_SECONDS = 0.02
_LOG_BYTES = 4 << 20
_PROGRAM = "charon-systemd"
_PLACES = "/usr/sbin:/usr/local/sbin:/sbin"

Result = TypeVar("Result")


class CharonError(Exception):
    """charon is missing, did not come up, or refused; the text says which."""


@dataclass(frozen=True, slots=True)
class Identity:
    """How a host proves who it is, in PEM."""

    certificate: bytes
    key: bytes
    authority: bytes


class Charon:
    """The process that belongs to a folder."""

    def __init__(self, folder: Path, platform_id: str) -> None:
        self._folder = folder
        self._platform_id = platform_id
        self._socket = folder / "charon.vici"
        self._child: asyncio.subprocess.Process | None = None

    async def ensure(self) -> bool:
        """Make sure that it runs and answers; return whether it was started just now.

        Raises:
            CharonError: it is not installed or does not come up.
        """
        if await self._answers():
            return False
        await end(self._folder)
        await self._start()
        return True

    async def _answers(self) -> bool:
        if not self._socket.exists():
            return False
        try:
            await self.talk(lambda session: session.version())
        except CharonError:
            return False
        return True

    async def _start(self) -> None:
        program = shutil.which(_PROGRAM) or shutil.which(_PROGRAM, path=_PLACES)
        if program is None:
            raise CharonError(
                "strongSwan is not installed: apt install charon-systemd libcharon-extra-plugins "
                "libstrongswan-standard-plugins libstrongswan-extra-plugins"
            )
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._socket.unlink(missing_ok=True)
        conf = self._folder / "strongswan.conf"
        conf.write_text(configuration(self._folder, self._platform_id))
        _forget_rules(self._platform_id)
        with contextlib.suppress(FileNotFoundError):
            if (self._folder / "charon.log").stat().st_size > _LOG_BYTES:
                os.truncate(self._folder / "charon.log", 0)
        with (self._folder / "charon.out").open("wb") as log:
            self._child = await asyncio.create_subprocess_exec(
                program,
                env=os.environ | {"STRONGSWAN_CONF": str(conf)},
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        await self._until_up(self._child)

    async def _until_up(self, child: asyncio.subprocess.Process) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while not await self._answers():
                    if child.returncode is not None:
                        words = (self._folder / "charon.out").read_text(errors="replace").strip().splitlines()[-3:]
                        raise CharonError("charon ended: " + " ".join(words))
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise CharonError(f"charon did not answer within {START_SECONDS:g} s") from None

    async def talk(self, conversation: Callable[[vici.Session], Result]) -> Result:
        """Run a conversation over VICI in a thread.

        Raises:
            CharonError: charon does not answer or refuses.
        """
        return await asyncio.to_thread(self._talk, conversation)

    def _talk(self, conversation: Callable[[vici.Session], Result]) -> Result:
        with self._connected() as connection:
            try:
                return conversation(vici.Session(connection))
            except (vici.exception.CommandException, vici.exception.SessionException) as error:
                raise CharonError(f"charon refuses: {error}") from error
            except (OSError, struct.error) as error:
                raise CharonError(f"charon does not answer: {error}") from error

    @contextlib.contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(TALK_SECONDS)
            try:
                connection.connect(str(self._socket))
            except OSError as error:
                raise CharonError(f"charon does not answer: {error}") from error
            yield connection


def introduce(identity: Identity) -> Callable[[Any], None]:
    """Return the conversation that gives charon the host's certificate and key and the authority to trust."""

    def conversation(session: Any) -> None:
        session.load_cert({"type": "X509", "flag": "CA", "data": identity.authority})
        session.load_cert({"type": "X509", "flag": "NONE", "data": identity.certificate})
        session.load_key({"type": "any", "data": identity.key})

    return conversation


def observe(session: Any) -> tuple[list[Any], list[Any]]:
    """Return the answers of `list-conns` and `list-sas`."""
    return list(session.list_conns()), list(session.list_sas())


def perform(changes: Changes) -> Callable[[Any], None]:
    """Return the conversation that carries changes out."""

    def conversation(session: Any) -> None:
        for name in changes.unload:
            session.unload_conn({"name": name})
            with contextlib.suppress(vici.exception.CommandException):  # there may be no association
                list(session.terminate({"ike": name, "force": "yes", "timeout": "100"}))
        for connection in changes.load:
            session.load_conn(connection.message())
        for name in changes.initiate:
            with contextlib.suppress(vici.exception.CommandException):  # it exists by now: the other side was faster
                list(session.initiate({"ike": name, "child": CHILD, "timeout": str(_INITIATE_MILLISECONDS)}))

    return conversation


async def end(folder: Path) -> None:
    """End the charon of a folder; one that ignores the signal, as it sometimes does, is killed."""
    for number, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0)):
        for pid in running_in(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while running_in(folder):  # noqa: ASYNC110  they may be nobody's children of ours
                    await asyncio.sleep(_POLL_SECONDS)


def running_in(folder: Path) -> list[int]:
    """Return the charon processes whose working directory is the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if (entry / "comm").read_text().startswith("charon") and (entry / "cwd").samefile(folder):
                found.append(int(entry.name))
    return found


def _forget_rules(platform_id: str) -> None:
    """Remove the routing rule that a killed charon left: a clean end takes it away."""
    table = str(routing_table(platform_id))
    while subprocess.run(["ip", "rule", "del", "table", table], capture_output=True, check=False).returncode == 0:
        continue
