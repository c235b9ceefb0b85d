"""Reading control groups of both versions."""

from __future__ import annotations

from pathlib import Path

from bouvier.engine.states import Usage
from bouvier.node.stats.cgroup import container_usage


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_first_version(tmp_path: Path) -> None:
    """Each controller has a hierarchy of its own."""
    write(tmp_path / "memory/p/c/memory.usage_in_bytes", "1000\n")
    write(tmp_path / "memory/p/c/memory.stat", "inactive_file 5\ntotal_inactive_file 400\n")
    write(tmp_path / "cpuacct/p/c/cpuacct.usage", "123\n")
    write(tmp_path / "pids/p/c/pids.current", "2\n")
    assert container_usage("/p", "c", tmp_path) == Usage(123, 600, 2)


def test_second_version(tmp_path: Path) -> None:
    """One hierarchy for all."""
    write(tmp_path / "cgroup.controllers", "cpu memory pids")
    write(tmp_path / "p/c/memory.current", "1000\n")
    write(tmp_path / "p/c/memory.stat", "inactive_file 100\n")
    write(tmp_path / "p/c/cpu.stat", "usage_usec 7\n")
    write(tmp_path / "p/c/pids.current", "1\n")
    assert container_usage("/p", "c", tmp_path) == Usage(7000, 900, 1)


def test_a_container_that_has_ended(tmp_path: Path) -> None:
    """Without a group there is nothing to tell."""
    assert container_usage("/p", "c", tmp_path) is None
