"""The audit log as a file of JSON lines, and its rotation by size, number and age.

`audit.log` becomes `audit-2026-11-23T15-27-10.123.log` when it is full, as upstream names it. One thread writes; each batch
is one append. A line that a crash has torn is ended at the next start, and readers skip it.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bouvier.apiserver.audit.batching import Batcher

WAIT_SECONDS = 0.1
"""At most so much is lost when the process is killed."""
BATCH_LINES = 5_000
WAITING_BYTES = 64 * 1024 * 1024
"""Some 60,000 events of 1 kB: half a minute of a disk that does not answer, at 2,000 writes a second."""
CLOSE_SECONDS = 5.0
MEGABYTE = 1024 * 1024
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Rotation:
    """How much is kept. Upstream's --audit-log-maxsize, -maxbackup and -maxage; 0 is no limit but for the size."""

    max_megabytes: int = 100
    max_backups: int = 10
    max_age_days: int = 30


class AuditLog:
    """Takes lines on the event loop and writes them in its own thread."""

    def __init__(self, path: Path, rotation: Rotation) -> None:
        self.path = path
        self._rotation = rotation
        self._file: int | None = None
        self._size = 0
        self._thread = ThreadPoolExecutor(1, "audit-log")
        self.batcher = Batcher(
            self._send, name="log", wait_seconds=WAIT_SECONDS, batch_lines=BATCH_LINES, waiting_bytes=WAITING_BYTES
        )
        self.put = self.batcher.put

    async def _send(self, lines: list[bytes]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._write, lines)

    async def close(self) -> None:
        """Write what waits, and close the file."""
        await self.batcher.close(CLOSE_SECONDS)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _write(self, lines: list[bytes]) -> None:
        data = b"\n".join(lines) + b"\n"
        if self._file is None:
            self._open()
        if self._size and self._size + len(data) > (self._rotation.max_megabytes or 100) * MEGABYTE:
            self._rotate()
        assert self._file is not None
        view = memoryview(data)
        while view:
            written = os.write(self._file, view)
            self._size += written
            view = view[written:]

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size
        if self._size and os.pread(self._file, 1, self._size - 1) != b"\n":
            self._size += os.write(self._file, b"\n")

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _rotate(self) -> None:
        self._close()
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")[:-3]
        self.path.rename(self.path.with_name(f"{self.path.stem}-{moment}{self.path.suffix}"))
        self._open()
        for old in to_remove(backups(self.path), self._rotation, time.time()):
            with suppress(FileNotFoundError):
                old.unlink()


def backups(path: Path) -> list[Path]:
    """Return the rotated files, newest first."""
    pattern = f"{path.stem}-[0-9][0-9][0-9][0-9]-*T*{path.suffix}"
    return sorted(path.parent.glob(pattern), key=lambda file: file.name, reverse=True)


def to_remove(files: list[Path], rotation: Rotation, now: float) -> list[Path]:
    """Return the rotated files, newest first, that are too many or too old."""
    many = files[rotation.max_backups :] if rotation.max_backups else []
    if not rotation.max_age_days:
        return many
    oldest = now - rotation.max_age_days * DAY_SECONDS
    return [file for file in files if file in many or _moment(file) < oldest]


def _moment(file: Path) -> float:
    """Return when a file was rotated, by its name."""
    try:
        return datetime.strptime(file.stem[-23:], "%Y-%m-%dT%H-%M-%S.%f").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return float("inf")
