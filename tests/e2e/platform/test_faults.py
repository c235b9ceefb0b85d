"""Every process of the platform killed in turn, and what is left at the end."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.platform.conftest import Platform, until


def containers(platform: Platform) -> set[int]:
    """Return the process ids, on the host, of the sample's first processes."""
    mark = mark_of(platform).encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = folder.joinpath("cmdline").read_bytes()
            environment = folder.joinpath("environ").read_bytes()
        except OSError:
            continue
        if b"/sample/start" in command and mark in environment:
            found.add(int(folder.name))
    return found


def settled(platform: Platform) -> set[int]:
    """Return the only container, once those that are stopping are gone."""
    return until(lambda: found if len(found := containers(platform)) == 1 else None, "a single container")


def mark_of(platform: Platform) -> str:
    return f"platform.{platform.data.parent.name}"


@pytest.fixture(scope="module", autouse=True)
def sample(platform: Platform) -> None:
    platform.run("run", "--name", "steady", "-e", f"MARK={mark_of(platform)}", "--wait", "bouvier/sample:1")


@pytest.mark.parametrize("name", ["apiserver", "controllers", "node", "engine"])
def test_a_killed_process_comes_back_and_containers_go_on(platform: Platform, name: str) -> None:
    """kill -9: a new process serves, the container is the same, and new work is done."""
    before, running = platform.pids()[name], settled(platform)
    os.kill(before, signal.SIGKILL)

    until(lambda: platform.pids().get(name) not in (0, None, before), f"a new {name}")
    until(lambda: platform.data_of("status", code=None)["ready"], "ready again")
    assert containers(platform) == running
    platform.run("scale", "steady", "2", "--wait")
    assert containers(platform) > running
    platform.run("scale", "steady", "1", "--wait")


def test_a_killed_supervisor_is_replaced_by_the_next_up(platform: Platform) -> None:
    """kill -9 of the supervisor: the next up takes over, and no container was touched."""
    running = settled(platform)
    os.kill(platform.supervisor(), signal.SIGKILL)
    until(lambda: not platform.data_of("status", code=None)["ready"], "gone")
    platform.up()

    assert containers(platform) == running


def test_containers_outlive_a_stop(platform: Platform) -> None:
    """down stops the platform alone; up finds the containers again."""
    running = settled(platform)
    platform.run("down")
    assert containers(platform) == running
    platform.up()
    assert containers(platform) == running


def test_a_purge_leaves_nothing(platform: Platform) -> None:
    """Processes, links, tables, mounts and files of the platform are gone."""
    identity = platform.data_of("status")["platform"]
    platform.run("down", "--purge")

    links = [path.name for path in Path("/sys/class/net").iterdir()]
    tables = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    assert [link for link in links if identity in link] == []
    assert identity not in tables
    assert str(platform.data) not in Path("/proc/self/mountinfo").read_text()
    assert not platform.data.exists()
    assert containers(platform) == set()
