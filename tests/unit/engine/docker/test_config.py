"""Specs as Docker's configuration."""

from __future__ import annotations

from typing import Any

from bouvier.engine.docker import config
from bouvier.engine.docker.privileges import NAMES, bounding_set
from bouvier.engine.specs import ContainerSpec, Mount, MountKind, Resolver, Resources, SandboxSpec, Security

ALL = frozenset(NAMES)
LACKING = ALL - {"SYS_RESOURCE"}


def host_config(available: frozenset[str] = ALL, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = config.container(ContainerSpec("n", "i", {}, **options), available)["HostConfig"]
    return found


def test_members_join_their_sandbox() -> None:
    """Network and IPC always, processes where asked; the host's namespaces win."""
    host = host_config(sandbox="box")
    assert (host["NetworkMode"], host["IpcMode"], host.get("PidMode")) == ("container:box", "container:box", None)
    assert host_config(sandbox="box", share_processes=True)["PidMode"] == "container:box"
    host = host_config(sandbox="box", host_network=True, host_pid=True)
    assert (host["NetworkMode"], host["PidMode"]) == ("host", "host")


def test_sandboxes() -> None:
    """No network of the engine, its own name and resolver; none of it on the host's network."""
    spec = SandboxSpec("n", "i", {}, hostname="h", resolver=Resolver(("1.1.1.1",), ("a",), ("b",)))
    found = config.sandbox(spec)
    assert found["Hostname"] == "h"
    assert found["HostConfig"]["NetworkMode"] == "none"
    assert found["HostConfig"]["Dns"] == ("1.1.1.1",)
    assert "Hostname" not in config.sandbox(SandboxSpec("n", "i", {}, hostname="h", host_network=True))


def test_privileges_depend_on_the_host() -> None:
    """Where the host has everything Docker's own word is used, else what is there is written out."""
    privileged = Security(privileged=True)
    assert host_config(security=privileged)["Privileged"]
    written = host_config(LACKING, security=privileged)
    assert "Privileged" not in written
    assert "SYS_RESOURCE" not in written["CapAdd"]
    assert "SYS_ADMIN" in written["CapAdd"]
    everything = Security(add_capabilities=("ALL",), drop_capabilities=("CAP_NET_RAW",))
    assert host_config(security=everything)["CapAdd"] == ["ALL"]
    assert host_config(LACKING, security=everything)["CapDrop"] == ["NET_RAW"]
    assert "SYS_RESOURCE" not in host_config(LACKING, security=everything)["CapAdd"]


def test_bounding_set() -> None:
    """The capabilities of a process are read from its status."""
    assert bounding_set("Name:\tx\nCapBnd:\t000001fffeffffff\n") == LACKING


def test_limits() -> None:
    """A memory limit leaves no swap; what is not limited is not named."""
    host = host_config(resources=Resources(memory_bytes=5, cpu_shares=7))
    assert (host["Memory"], host["MemorySwap"], host["CpuShares"]) == (5, 5, 7)
    assert "CpuQuota" not in host


def test_mounts() -> None:
    """Paths, volumes and memory."""
    assert config.mount(Mount("/t", "/s", read_only=True))["BindOptions"] == {"Propagation": "rprivate"}
    assert config.mount(Mount("/t", "v", MountKind.VOLUME))["Type"] == "volume"
    assert config.mount(Mount("/t", kind=MountKind.MEMORY, size_bytes=9))["TmpfsOptions"] == {"SizeBytes": 9}


def test_native_options_are_laid_over() -> None:
    """Objects are merged, everything else is replaced."""
    assert config.merged({"a": {"b": 1, "c": [1]}, "d": 2}, {"a": {"c": [2]}, "e": 3}) == {
        "a": {"b": 1, "c": [2]},
        "d": 2,
        "e": 3,
    }
