"""Our canonical fields as a TaskInfo for an offer (pure).

Source: https://github.com/apache/mesos/blob/master/include/mesos/v1/mesos.proto (TaskInfo)
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.clusters.driver import Fields
from bouvier.clusters.mesos.fields import BRIDGE

INFINITE = "Infinity"
"""How JSON writes the limit that is none."""
SECOND = 1_000_000_000
Message = dict[str, Any]


def task_info(
    fields: Fields,
    *,
    identifier: str,
    name: str,
    agent: str,
    host_ports: Sequence[int],
    labels: Mapping[str, str],
    contents: Mapping[str, bytes],
    role: str,
) -> Message:
    """Return the task; `contents` holds the files by hash, `host_ports` one port for each of `ports`."""
    info: Message = {
        "name": name,
        "task_id": {"value": identifier},
        "agent_id": {"value": agent},
        "resources": _resources(fields, host_ports, role),
        "command": _command(fields),
        "container": _container(fields, host_ports, contents),
        "labels": {"labels": [{"key": key, "value": value} for key, value in sorted(labels.items())]},
        "kill_policy": {"grace_period": {"nanoseconds": int(fields.get("grace", 0)) * SECOND}},
        "limits": {
            "cpus": {"value": fields["cpu_limit"] / 1000 if fields.get("cpu_limit") else INFINITE},
            "mem": {"value": fields.get("memory_limit") or INFINITE},
        },
    }
    if fields.get("health"):
        health = fields["health"]
        kept = {"consecutive_failures": health["failures"], "grace_period_seconds": health["grace"]}
        info["health_check"] = _probe(health, in_check=False) | kept
    if fields.get("check"):
        info["check"] = _probe(fields["check"], in_check=True)
    return info


def _resources(fields: Fields, host_ports: Sequence[int], role: str) -> list[Message]:
    shared = {"role": "*", "allocation_info": {"role": role}}
    found: list[Message] = [
        {"name": "cpus", "type": "SCALAR", "scalar": {"value": fields["cpu"] / 1000}, **shared},
        {"name": "mem", "type": "SCALAR", "scalar": {"value": float(fields["memory"])}, **shared},
    ]
    if host_ports:
        ranges = [{"begin": port, "end": port} for port in sorted(host_ports)]
        found.append({"name": "ports", "type": "RANGES", "ranges": {"range": ranges}, **shared})
    return found


def _command(fields: Fields) -> Message:
    variables = [
        {"name": name, "type": "VALUE", "value": value}
        for name, value in (line.split("=", 1) for line in fields.get("env") or ())
    ]
    command: Message = {"shell": False, "environment": {"variables": variables}}
    if fields.get("cmd"):
        return command | {"shell": True, "value": fields["cmd"]}
    if fields.get("args"):
        return command | {"arguments": fields["args"]}
    return command


def _container(fields: Fields, host_ports: Sequence[int], contents: Mapping[str, bytes]) -> Message:
    mappings = [
        {"host_port": host, "container_port": port[0], "protocol": port[1]}
        for host, port in zip(host_ports, fields.get("ports") or (), strict=True)
    ]
    volumes = [_folder(*volume) for volume in fields.get("volumes") or ()]
    volumes += [_file(path, contents[mark]) for path, mark in fields.get("files") or ()]
    made: Message = {"type": fields["containerizer"], "volumes": volumes}
    if fields["containerizer"] == "DOCKER":
        parameters = [{"key": key, "value": value} for key, value in fields.get("parameters") or ()]
        made["docker"] = {
            "image": fields["image"],
            "network": "BRIDGE",
            "port_mappings": mappings,
            "parameters": parameters,
            "privileged": bool(fields.get("privileged")),
        }
        return made
    made["mesos"] = {"image": {"type": "DOCKER", "docker": {"name": fields["image"]}}}
    made["network_infos"] = [{"name": BRIDGE, "port_mappings": mappings}]
    return made


def _folder(path: str, source: str, mode: str) -> Message:
    if source.startswith("/"):
        return {"container_path": path, "mode": mode, "host_path": source}
    inside = {"type": "SANDBOX_PATH", "sandbox_path": {"type": "SELF", "path": source}}
    return {"container_path": path, "mode": mode, "source": inside}


def _file(path: str, content: bytes) -> Message:
    value = {"data": base64.b64encode(content).decode()}
    secret = {"type": "VALUE", "value": value}
    return {"container_path": path, "mode": "RO", "source": {"type": "SECRET", "secret": secret}}


def _probe(probe: Mapping[str, Any], *, in_check: bool) -> Message:
    made: Message = {
        "delay_seconds": float(probe["delay"]),
        "interval_seconds": float(probe["interval"]),
        "timeout_seconds": float(probe["timeout"]),
    }
    match probe["kind"]:
        case "command":
            command = {"shell": True, "value": probe["command"]}
            return made | {"type": "COMMAND", "command": {"command": command} if in_check else command}
        case "tcp":
            return made | {"type": "TCP", "tcp": {"port": probe["port"]}}
    http = {"port": probe["port"], "path": probe["path"]}
    return made | {"type": "HTTP", "http": http if in_check else http | {"scheme": probe["scheme"]}}
