"""A whole platform of a benchmark's own: started, asked and removed by the command, as a user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.apiserver import client_context, folder
from bench.options import MissingError
from bench.requests import Service
from bouvier.daemons.settings import Settings, load_settings
from bouvier.util.places import open_places
from bouvier.util.ports import first_free_port

WAIT_SECONDS = 30.0


@dataclass(frozen=True)
class Platform:
    """A platform that may be running."""

    data_dir: Path
    port: int

    def command(self, *words: str) -> list[str]:
        """Return a command line of `bouvier` for this platform."""
        return [sys.executable, "-m", "bouvier", *words, "--data-dir", str(self.data_dir)]

    def run(self, *words: str) -> str:
        """Run `bouvier` and return what it prints.

        Raises:
            RuntimeError: it failed.
        """
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"bouvier {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def up(self) -> None:
        """Start it on free ports, and return when it is ready."""
        self.run(*self.up_words())

    def up_words(self) -> tuple[str, ...]:
        http, https = str(first_free_port(())), str(first_free_port(()))
        chosen = (
            () if self.data_dir.joinpath("platform.json").exists() else ("--http-port", http, "--https-port", https)
        )
        return ("up", "--detach", "--port", str(self.port), *chosen)

    def down(self) -> None:
        self.run("down")

    def purge(self) -> None:
        self.run("down", "--purge")

    @property
    def settings(self) -> Settings:
        """What its processes were told."""
        return load_settings(open_places(self.data_dir))

    def status(self) -> dict[str, Any]:
        return json.loads(self.run("status", "-o", "json"))  # type: ignore[no-any-return]

    def pids(self) -> dict[str, int]:
        """Return the processes of the platform by name."""
        supervisor = int(self.settings.supervisor_lock.read_text())
        return {"supervisor": supervisor} | {p["name"]: p["pid"] for p in self.status()["processes"]}

    def service(self, process: str = "apiserver") -> Service:
        """Return where its API is, and the process whose CPU time is to be counted."""
        return Service(self.port, client_context(self.settings.pki_dir), self.pids()[process])


@contextmanager
def a_platform() -> Iterator[Platform]:
    """Offer the folder and port of a platform that is not started yet; remove it in the end."""
    if os.geteuid() != 0:
        raise MissingError("a platform of its own needs root")
    with folder() as parent:
        platform = Platform(parent / "d", first_free_port(()))
        try:
            yield platform
        finally:
            if platform.data_dir.exists():
                platform.purge()


@contextmanager
def running_platform(*, with_images: bool = False) -> Iterator[Platform]:
    """Run a platform until the end of the block."""
    with a_platform() as platform:
        platform.up()
        if with_images:
            platform.run("images", "seed", "--engine", f"unix://{platform.settings.engine_socket}")
        yield platform


def wait_for(condition: Callable[[], Any], what: str, pause_seconds: float = 0.02) -> Any:
    """Return the condition's first true value.

    Raises:
        TimeoutError: it did not come true.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {WAIT_SECONDS:.0f} s for {what}")
        time.sleep(pause_seconds)
    return value
