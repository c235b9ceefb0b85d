"""A task as a Docker container: what an agent's containerizers make of a TaskInfo (pure, but for files of secrets).

`DOCKER` tasks are what the Docker containerizer runs. `MESOS` tasks, which a real agent would start itself, run in
Docker too: with an image as it says, without one in a plain image that has a shell.
"""

from __future__ import annotations

import base64
import math
from typing import Any

from tools.mesos_simulator.model import Message, Task

SANDBOX = "/mnt/mesos/sandbox"
"""Where a container finds its sandbox (`--sandbox_directory`)."""
NETWORKS = ("mesos-bridge",)
"""Container networks by name (`--network_cni_config_dir`); this one is Docker's bridge."""
MARK = "io.mesos.simulator"


class LaunchError(Exception):
    """The task cannot be started as it is described."""


def configuration(task: Task, master: str, default_image: str) -> Message:
    """Return the body of Docker's `create` for a task.

    Raises:
        LaunchError: what it asks for is not possible.
    """
    container = task.info.get("container") or {}
    network, mappings = _network(container)
    _check_ports(task, mappings)
    address = task.agent.address
    bindings = {
        f"{m['container_port']}/{m.get('protocol') or 'tcp'}": [{"HostIp": address, "HostPort": str(m["host_port"])}]
        for m in mappings
    }
    host = {"NetworkMode": network, "PortBindings": bindings, "Binds": _binds(task, container), "Init": False}
    host |= _limits(task) | _parameters_of_host(container)
    made = {
        "Image": _image(container) or default_image,
        "Env": _environment(task),
        "Labels": {MARK: master, "io.mesos.task": task.id, "io.mesos.agent": task.agent.hostname},
        "ExposedPorts": {port: {} for port in bindings},
        "HostConfig": host,
        "Tty": bool(container.get("tty_info")),
    }
    return made | _command(task, container) | _parameters(container)


def _image(container: Message) -> str:
    if container.get("type") == "DOCKER":
        return str(container["docker"]["image"])
    image = (container.get("mesos") or {}).get("image") or {}
    if image and image.get("type") != "DOCKER":
        raise LaunchError(f"Unsupported image type {image.get('type')}")
    return str((image.get("docker") or {}).get("name", ""))


def _network(container: Message) -> tuple[str, list[Message]]:
    """Return Docker's network mode and the port mappings."""
    if container.get("type") == "DOCKER":
        docker = container["docker"]
        mode = docker.get("network", "HOST")
        if mode == "USER":
            raise LaunchError("User networks are not simulated")
        return mode.lower(), list(docker.get("port_mappings") or ()) if mode == "BRIDGE" else []
    infos = [info for info in container.get("network_infos") or () if info.get("name")]
    if not infos:
        return "host", []
    if infos[0]["name"] not in NETWORKS:
        raise LaunchError(f"Unknown CNI network '{infos[0]['name']}'")
    return "bridge", list(infos[0].get("port_mappings") or ())


def _check_ports(task: Task, mappings: list[Message]) -> None:
    for mapping in mappings:
        if mapping["host_port"] not in task.amounts.ports:
            raise LaunchError(f"Host port {mapping['host_port']} is not among the task's resources")


def _command(task: Task, container: Message) -> Message:
    """Return entry point and arguments; a CommandInfo is a shell's line unless it says otherwise."""
    command = task.info.get("command") or {}
    value, words = command.get("value"), [str(word) for word in command.get("arguments") or ()]
    if command.get("shell", True) and value:
        return {"Entrypoint": ["/bin/sh", "-c"], "Cmd": [value]}
    if not value:
        return {"Cmd": words} if words else {}
    if container.get("type") == "DOCKER":
        return {"Cmd": [value, *words]}
    return {"Entrypoint": [value], "Cmd": words[1:]}


def _environment(task: Task) -> list[str]:
    own = ((task.info.get("command") or {}).get("environment") or {}).get("variables") or ()
    values = {entry["name"]: str(entry.get("value", "")) for entry in own}
    values |= {"MESOS_SANDBOX": SANDBOX, "MESOS_TASK_ID": task.id, "HOST": task.agent.hostname}
    return [f"{name}={value}" for name, value in values.items()]


def _binds(task: Task, container: Message) -> list[str]:
    binds = [f"{task.sandbox}:{SANDBOX}"]
    for index, volume in enumerate(container.get("volumes") or ()):
        target = str(volume["container_path"])
        target = target if target.startswith("/") else f"{SANDBOX}/{target}"
        mode = "ro" if volume.get("mode") == "RO" else "rw"
        binds.append(f"{_source(task, volume, index)}:{target}:{mode}")
    return binds


def _source(task: Task, volume: Message, index: int) -> str:
    source = volume.get("source") or {}
    kind = source.get("type")
    if kind == "SECRET":
        secret = source["secret"]
        if secret.get("type") != "VALUE":
            raise LaunchError("Secrets are resolved by value only")
        folder = task.sandbox.parent / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        file = folder / str(index)
        file.write_bytes(base64.b64decode(secret["value"]["data"]))
        return str(file)
    path = str(source["sandbox_path"]["path"] if kind == "SANDBOX_PATH" else volume.get("host_path", ""))
    if path.startswith("/") and kind != "SANDBOX_PATH":
        return path
    folder = task.sandbox / path
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)


def _limits(task: Task) -> Message:
    limits = {name: _number(given) for name, given in (task.info.get("limits") or {}).items()}
    cpus, memory = limits.get("cpus"), limits.get("mem", task.amounts.mem)
    made: Message = {"CpuShares": max(int(task.amounts.cpus * 1024), 2)}
    if cpus is not None and math.isfinite(cpus):
        made["NanoCpus"] = int(cpus * 1_000_000_000)
    if math.isfinite(memory) and memory > 0:
        made["Memory"] = int(memory * 1024 * 1024)
    return made


def _number(given: Any) -> float:
    """Return a Scalar; JSON has no infinity, so it is written as text."""
    return float(given["value"])


def _docker_parameters(container: Message) -> list[tuple[str, str]]:
    if container.get("type") != "DOCKER":
        return []
    return [(entry["key"], entry["value"]) for entry in container["docker"].get("parameters") or ()]


def _parameters(container: Message) -> Message:
    """Return what options of `docker run` change outside HostConfig."""
    made: Message = {}
    for key, value in _docker_parameters(container):
        if key in ("user", "hostname", "workdir"):
            made[{"user": "User", "hostname": "Hostname", "workdir": "WorkingDir"}[key]] = value
        elif key == "entrypoint":
            made["Entrypoint"] = [value]
        elif key == "label":
            continue
        elif key not in ("cap-add", "cap-drop", "read-only"):
            raise LaunchError(f"docker parameter {key} is not simulated")
    return made


def _parameters_of_host(container: Message) -> Message:
    made: Message = {"Privileged": bool((container.get("docker") or {}).get("privileged"))}
    for key, value in _docker_parameters(container):
        if key in ("cap-add", "cap-drop"):
            made.setdefault({"cap-add": "CapAdd", "cap-drop": "CapDrop"}[key], []).append(value)
        elif key == "read-only":
            made["ReadonlyRootfs"] = value == "true"
    return made
