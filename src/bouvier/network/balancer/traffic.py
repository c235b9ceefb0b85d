"""Counting the bytes that the balancer carries for each Service, over reloads and restarts.

HAProxy counts per worker process and forgets with it; a reload makes a new worker while old ones finish their
connections. The meter keeps the last figures of every worker, those that are gone included, in a file, so that its sums
only grow. What an old worker carried between the last look and its end is not counted (`LOOK_SECONDS` at most).
Source: HAProxy 2.6 management guide, 9.3 ("show stat") and 9.4 (master CLI).
"""

from __future__ import annotations

import contextlib
import csv
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bouvier.network.balancer.process import workers_of
from bouvier.network.balancer.sockets import Sockets

LOOK_SECONDS = 10.0
BACKENDS = "show stat -1 2 -1"
"""All proxies, backends only, all servers."""


class Bytes(NamedTuple):
    """What was carried."""

    received: int = 0
    sent: int = 0

    def plus(self, other: Bytes) -> Bytes:
        """Return the sum of both."""
        return Bytes(self.received + other.received, self.sent + other.sent)


ByService = dict[str, Bytes]
"""By `namespace/service`."""


@dataclass(slots=True)
class Meter:
    """The count of one host."""

    epoch: str = ""
    workers: dict[str, ByService] = field(default_factory=dict)
    """Last figures of the workers that are alive, by process and its start."""
    gone: ByService = field(default_factory=dict)
    """Sums of those that are not."""

    def take(self, seen: Mapping[str, ByService]) -> None:
        """Take in a look at all living workers."""
        for worker in [worker for worker in self.workers if worker not in seen]:
            _add(self.gone, self.workers.pop(worker))
        self.workers.update(seen)

    def sums(self) -> ByService:
        """Return what was carried since the epoch."""
        total = dict(self.gone)
        for figures in self.workers.values():
            _add(total, figures)
        return total

    def save(self, file: Path) -> None:
        """Keep the count in a file, replaced as a whole."""
        draft = file.with_suffix(".next")
        document = {"epoch": self.epoch, "workers": self.workers, "gone": self.gone}
        draft.write_text(json.dumps(document))
        draft.replace(file)


def load(file: Path) -> Meter:
    """Return the count that is kept in a file, or a new one of another epoch."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        document = json.loads(file.read_text())
        workers = {worker: _by_service(figures) for worker, figures in document["workers"].items()}
        return Meter(str(document["epoch"]), workers, _by_service(document["gone"]))
    return Meter(secrets.token_hex(8))


async def look(sockets: Sockets) -> dict[str, ByService]:
    """Return the figures of every living worker.

    Raises:
        OSError: HAProxy does not run.
    """
    seen: dict[str, ByService] = {}
    for pid in workers_of(await sockets.master("show proc")):
        started = _start_of(pid)
        table = await sockets.master(f"@!{pid} {BACKENDS}") if started else ""
        if table.startswith("# pxname"):
            seen[f"{pid}:{started}"] = parse(table)
        elif _start_of(pid):  # it is there: taking it for gone would count it twice
            raise OSError(f"worker {pid} does not tell its figures")
    return seen


def _start_of(pid: int) -> str:
    """Return when a process started, in ticks since boot; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def parse(table: str) -> ByService:
    """Return the bytes of each Service in the output of `show stat`; its ports are added up."""
    lines = [line for line in table.splitlines() if line]
    header = lines[0].removeprefix("# ") if lines else ""
    found: ByService = {}
    for row in csv.DictReader([header, *lines[1:]]):
        parts = str(row.get("pxname", "")).split(".")
        if row.get("svname") == "BACKEND" and len(parts) >= 3:
            _add(found, {"/".join(parts[:2]): Bytes(int(row["bin"] or 0), int(row["bout"] or 0))})
    return found


def _add(total: ByService, more: Mapping[str, Bytes]) -> None:
    for key, carried in more.items():
        total[key] = total.get(key, Bytes()).plus(carried)


def _by_service(document: Mapping[str, list[int]]) -> ByService:
    return {key: Bytes(int(received), int(sent)) for key, (received, sent) in document.items()}
