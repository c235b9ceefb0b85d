"""The options of a run against `docker run` itself: both on one engine, both inspected."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from bouvier.cli.convert.manifests import request_from
from bouvier.cli.convert.words import from_words
from bouvier.cli.docker_run.objects import objects_of
from bouvier.kinds.podspec.runoptions.extended import ANNOTATED
from bouvier.kinds.podspec.runoptions.option import Place
from bouvier.meta.objects import Obj
from tests.e2e.node.conftest import NODE, OneHost
from tests.engines import BUSYBOX, PrivateEngine

CASES = {
    "blkio-weight": "500",
    "blkio-weight-device": "/dev/null:100",
    "cap-add": "NET_RAW",
    "cap-drop": "CHOWN",
    "cgroup-parent": "/bvo-parent",
    "cgroupns": "private",
    "cpu-period": "50000",
    "cpu-quota": "25000",
    "cpu-rt-period": "100000",
    "cpu-rt-runtime": "1000",
    "cpuset-cpus": "0",
    "cpuset-mems": "0",
    "device": "/dev/null:/dev/zap:rw",
    "device-cgroup-rule": "c 1:3 r",
    "device-read-bps": "/dev/null:1mb",
    "device-read-iops": "/dev/null:10",
    "device-write-bps": "/dev/null:1mb",
    "device-write-iops": "/dev/null:10",
    "entrypoint": "/bin/busybox",
    "gpus": "all",
    "group-add": "nogroup",
    "interactive": "true",
    "ipc": "private",
    "isolation": "hyperv",
    "kernel-memory": "64m",
    "log-driver": "none",
    "memory": "64m",
    "memory-swappiness": "10",
    "mount": "type=volume,source=bvo-mount,target=/m",
    "oom-kill-disable": "true",
    "oom-score-adj": "200",
    "pids-limit": "50",
    "read-only": "true",
    "runtime": "nonsense",
    "security-opt": "label=disable",
    "stop-signal": "SIGUSR1",
    "storage-opt": "size=1g",
    "tty": "true",
    "ulimit": "nofile=64:128",
    "user": "nobody",
    "userns": "host",
    "uts": "host",
    "volume": "bvo-data:/data:ro",
    "volume-driver": "local",
    "volumes-from": "bvo-nobody",
    "workdir": "/tmp",
}
WHERE = {
    "cap-add": "HostConfig.CapAdd",
    "cap-drop": "HostConfig.CapDrop",
    "entrypoint": "Config.Entrypoint",
    "interactive": "Config.OpenStdin",
    "log-driver": "HostConfig.LogConfig",
    "memory": "HostConfig.Memory",
    "read-only": "HostConfig.ReadonlyRootfs",
    "tty": "Config.Tty",
    "workdir": "Config.WorkingDir",
}
"""Places of what is a field of the pod; the table says the others."""


def words(name: str) -> list[str]:
    return [f"--{name}={CASES[name]}", BUSYBOX, "sleep", "1000"]


def pod_for(name: str) -> Obj:
    asked = from_words(f"docker run --restart=no --name=o-{name} " + " ".join(f"'{word}'" for word in words(name)))
    pod = objects_of(request_from(asked), "x", {})[0]
    pod["spec"] |= {"nodeName": NODE, "terminationGracePeriodSeconds": 0}
    return pod


async def docker(private: PrivateEngine, *arguments: str) -> tuple[int, str, str]:
    environment = os.environ | {"DOCKER_HOST": private.socket}
    process = await asyncio.create_subprocess_exec("docker", *arguments, env=environment, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def inspected(private: PrivateEngine, container: str, name: str) -> Any:
    found: Any = json.loads((await docker(private, "inspect", container))[1])[0]
    place = WHERE.get(name) or ANNOTATED[name].where
    for part in (place if "." in place else f"Config.{place}").split("."):
        found = found[part]
    return found


def settled(pod: Obj | None) -> str:
    """Return the engine's id of a container that started, or `refused: …`."""
    for status in ((pod or {}).get("status") or {}).get("containerStatuses") or ():
        state = status["state"]
        if "waiting" in state and state["waiting"]["reason"] not in ("ContainerCreating", "PodInitializing"):
            return f"refused: {state['waiting'].get('message')}"
        if "terminated" in state and state["terminated"]["reason"] in ("StartError", "ContainerCannotRun"):
            return f"refused: {state['terminated'].get('message')}"
        if status.get("containerID") and "waiting" not in state:
            return str(status["containerID"]).removeprefix("docker://")
    return ""


async def test_every_option_reaches_the_engine_as_from_docker_run(host: OneHost, private_engine: PrivateEngine) -> None:
    """The engine says the same of both containers, or refuses both."""
    differing: dict[str, Any] = {}
    for name in CASES:
        await host.create(pod_for(name))
        code, out, error = await docker(private_engine, "run", "-d", "--network=none", "--restart=no", *words(name))
        ours = await host.wait(f"o-{name}", settled)
        if (code != 0) != ours.startswith("refused"):
            differing[name] = (code, error, ours)
        elif code == 0:
            expected = await inspected(private_engine, out.strip(), name)
            actual = await inspected(private_engine, ours, name)
            if not equal(expected, actual):
                differing[name] = (expected, actual)
        await host.api.kubectl("delete", "pod", f"o-{name}", "--wait=false")
        if out.strip():
            await docker(private_engine, "rm", "-f", out.strip())
    await docker(private_engine, "volume", "rm", "-f", "bvo-data", "bvo-mount")
    assert differing == {}


def equal(expected: Any, actual: Any) -> bool:
    """Tell whether docker's value is there; lists may hold more, which the pod asks for."""
    if isinstance(expected, list) and isinstance(actual, list):
        return all(one in actual or str(one).removeprefix("CAP_") in actual for one in expected)
    return bool((expected or None) == (actual or None))


def test_no_option_is_left_out() -> None:
    """Every option that reaches the engine's container is compared, but those that need another to be taken."""
    needs_more = {"log-opt", "memory-swap", "pid", "restart"}
    reaching = {name for name, option in ANNOTATED.items() if option.place is Place.CONTAINER}
    assert reaching - needs_more - CASES.keys() == set()
