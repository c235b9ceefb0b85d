"""What every benchmark is told, and how it says that it cannot run here."""

from __future__ import annotations

from dataclasses import dataclass
from shutil import which


class MissingError(Exception):
    """Something that a benchmark needs is not on this machine; the message says what to do."""


@dataclass(frozen=True)
class Options:
    """How thoroughly to measure."""

    quick: bool = False
    store: str = "file"
    """Where the API server keeps its objects: `file` or `etcd`."""

    def rounds(self, count: int) -> int:
        """Return how often to repeat a measurement whose median is wanted."""
        return max(1, count // 3) if self.quick else count

    def seconds(self, wanted: float) -> float:
        """Return how long to keep a load up."""
        return wanted / 3 if self.quick else wanted

    def size(self, wanted: int) -> int:
        """Return how many objects to make."""
        return wanted // 10 if self.quick else wanted


def need_program(name: str, package: str) -> str:
    """Return the path of a program.

    Raises:
        MissingError: it is not installed.
    """
    path = which(name) or which(name, path="/usr/sbin:/sbin")
    if path is None:
        raise MissingError(f"{name} is not installed: apt-get install {package}")
    return path
