"""Swarm's service specification and our canonical fields, both ways (pure).

Engines complete what they are given (modes, restart policies, limits), so two specifications are compared by these
fields only. Source: https://docs.docker.com/reference/api/engine/version/v1.41/ (ServiceSpec).
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bouvier.clusters.driver import Fields

SECOND = 1_000_000_000
"""Durations are nanoseconds."""
STAMPS = "io.bouvier."
"""Labels of a service that begin like this are ours and no part of its fields."""
TEMPLATE_FIELDS = frozenset(
    [
        "image",
        "command",
        "args",
        "env",
        "dir",
        "user",
        "hostname",
        "mounts",
        "labels",
        "health",
        "stop_seconds",
        "cpu_limit",
        "memory_limit",
        "cpu_request",
        "memory_request",
        "read_only",
        "tty",
        "stdin",
        "cap_add",
        "cap_drop",
        "constraints",
        "hosts",
        "groups",
        "init",
    ]
)
"""Fields of a task: a change of one of them replaces tasks. Networks, configs and secrets also do, but are derived from
other objects and make no new revision."""
DEFAULT_STOP_SECONDS = 10
"""The engine's, where a specification names none."""


def fields_of(spec: Mapping[str, Any], networks: Mapping[str, str]) -> Fields:
    """Return the fields of a live specification; `networks` gives names by id."""
    mode = spec.get("Mode") or {}
    fields = task_fields(spec.get("TaskTemplate") or {})
    fields["global"] = "Global" in mode
    if not fields["global"]:
        fields["replicas"] = int((mode.get("Replicated") or {}).get("Replicas") or 0)
    template = spec.get("TaskTemplate") or {}
    fields["networks"] = sorted(
        [networks.get(n["Target"], n["Target"]), sorted(n.get("Aliases") or ())] for n in template.get("Networks") or ()
    )
    endpoint = spec.get("EndpointSpec") or {}
    fields["ports"] = sorted(
        [p.get("Protocol", "tcp"), p.get("PublishedPort", 0), p["TargetPort"], p.get("PublishMode", "ingress")]
        for p in endpoint.get("Ports") or ()
    )
    fields["update"] = _rollout(spec.get("UpdateConfig") or {})
    return {name: value for name, value in fields.items() if value or name in ("replicas", "global")}


def task_fields(template: Mapping[str, Any]) -> Fields:
    """Return the fields of a task template."""
    container = template.get("ContainerSpec") or {}
    resources = template.get("Resources") or {}
    limits, requests = resources.get("Limits") or {}, resources.get("Reservations") or {}
    grace = container.get("StopGracePeriod")
    return {
        "image": container.get("Image", ""),
        "command": container.get("Command") or [],
        "args": container.get("Args") or [],
        "env": sorted(container.get("Env") or ()),
        "dir": container.get("Dir", ""),
        "user": container.get("User", ""),
        "hostname": container.get("Hostname", ""),
        "mounts": sorted((_mount(m) for m in container.get("Mounts") or ()), key=lambda m: m["target"]),
        "configs": _files(container.get("Configs") or (), "Config"),
        "secrets": _files(container.get("Secrets") or (), "Secret"),
        "labels": dict(container.get("Labels") or {}),
        "restart": _restart(template),
        "health": _health(container.get("Healthcheck") or {}),
        "stop_seconds": DEFAULT_STOP_SECONDS if grace is None else grace // SECOND,
        "cpu_limit": limits.get("NanoCPUs", 0),
        "memory_limit": limits.get("MemoryBytes", 0),
        "cpu_request": requests.get("NanoCPUs", 0),
        "memory_request": requests.get("MemoryBytes", 0),
        "read_only": bool(container.get("ReadOnly")),
        "tty": bool(container.get("TTY")),
        "stdin": bool(container.get("OpenStdin")),
        "cap_add": sorted(container.get("CapabilityAdd") or ()),
        "cap_drop": sorted(container.get("CapabilityDrop") or ()),
        "groups": container.get("Groups") or [],
        "hosts": container.get("Hosts") or [],
        "constraints": sorted((template.get("Placement") or {}).get("Constraints") or ()),
    }


def _restart(template: Mapping[str, Any]) -> str:
    """Return when a task is started again where that is not always."""
    condition = (template.get("RestartPolicy") or {}).get("Condition") or "any"
    return "" if condition == "any" else str(condition)


def _mount(mount: Mapping[str, Any]) -> dict[str, Any]:
    size = (mount.get("TmpfsOptions") or {}).get("SizeBytes", 0)
    return {
        "type": mount["Type"],
        "source": mount.get("Source", ""),
        "target": mount["Target"],
        "read_only": bool(mount.get("ReadOnly")),
        "size": size,
    }


def _files(entries: Any, kind: str) -> list[list[Any]]:
    return sorted(
        [entry["File"]["Name"], entry[f"{kind}Name"], int(entry["File"].get("Mode", 0o444))]
        for entry in entries
        if entry.get("File")
    )


def _health(health: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "test": "Test",
        "interval": "Interval",
        "timeout": "Timeout",
        "retries": "Retries",
        "start_period": "StartPeriod",
    }
    return {name: health[key] for name, key in names.items() if health.get(key)}


def _rollout(update: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "parallelism": update.get("Parallelism", 1),
        "order": update.get("Order") or "stop-first",
        "failure": update.get("FailureAction") or "pause",
        "monitor": update.get("Monitor", 0),
    }


def spec_of(name: str, fields: Fields, stamps: Mapping[str, str], ids: Mapping[str, Mapping[str, str]]) -> Any:
    """Return the specification to send; `ids` holds `networks`, `configs` and `secrets` by name."""
    replicas = {"Global": {}} if fields.get("global") else {"Replicated": {"Replicas": fields.get("replicas", 1)}}
    update = _rollout_spec(fields.get("update") or {})
    return {
        "Name": name,
        "Labels": dict(stamps),
        "TaskTemplate": _task_spec(fields, ids),
        "Mode": replicas,
        "UpdateConfig": update,
        "RollbackConfig": update,
        "EndpointSpec": {"Mode": "dnsrr" if fields.get("networks") else "vip", "Ports": _ports(fields)},
    }


def _ports(fields: Fields) -> list[dict[str, Any]]:
    return [
        {"Protocol": protocol, "PublishedPort": published, "TargetPort": target, "PublishMode": mode}
        for protocol, published, target, mode in fields.get("ports") or ()
    ]


def _task_spec(fields: Fields, ids: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "ContainerSpec": _container_spec(fields, ids),
        "Resources": {
            "Limits": {"NanoCPUs": fields.get("cpu_limit", 0), "MemoryBytes": fields.get("memory_limit", 0)},
            "Reservations": {"NanoCPUs": fields.get("cpu_request", 0), "MemoryBytes": fields.get("memory_request", 0)},
        },
        "RestartPolicy": {"Condition": fields.get("restart") or "any", "Delay": 5 * SECOND, "MaxAttempts": 0},
        "Placement": {"Constraints": fields.get("constraints") or []},
    }
    if fields.get("networks"):
        spec["Networks"] = [
            {"Target": ids["networks"][name], "Aliases": aliases} for name, aliases in fields["networks"]
        ]
    return spec


def _container_spec(fields: Fields, ids: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    spec = {
        "Image": fields["image"],
        "Command": fields.get("command"),
        "Args": fields.get("args"),
        "Env": fields.get("env"),
        "Dir": fields.get("dir"),
        "User": fields.get("user"),
        "Hostname": fields.get("hostname"),
        "Labels": fields.get("labels"),
        "ReadOnly": fields.get("read_only"),
        "TTY": fields.get("tty"),
        "OpenStdin": fields.get("stdin"),
        "CapabilityAdd": fields.get("cap_add"),
        "CapabilityDrop": fields.get("cap_drop"),
        "Groups": fields.get("groups"),
        "Hosts": fields.get("hosts"),
        "Mounts": [_mount_spec(mount) for mount in fields.get("mounts") or ()],
        "Configs": _file_specs(fields, ids, "Config"),
        "Secrets": _file_specs(fields, ids, "Secret"),
        "Healthcheck": _health_spec(fields.get("health") or {}),
    }
    kept = {name: value for name, value in spec.items() if value}
    return kept | {"StopGracePeriod": fields.get("stop_seconds", 0) * SECOND}


def _mount_spec(mount: Mapping[str, Any]) -> dict[str, Any]:
    spec = {"Type": mount["type"], "Target": mount["target"], "ReadOnly": mount["read_only"]}
    if mount["source"]:
        spec["Source"] = mount["source"]
    if mount["size"]:
        spec["TmpfsOptions"] = {"SizeBytes": mount["size"]}
    return spec


def _file_specs(fields: Fields, ids: Mapping[str, Mapping[str, str]], kind: str) -> list[dict[str, Any]]:
    plural = f"{kind.lower()}s"
    return [
        {
            "File": {"Name": target, "UID": "0", "GID": "0", "Mode": mode},
            f"{kind}ID": ids[plural][name],
            f"{kind}Name": name,
        }
        for target, name, mode in fields.get(plural) or ()
    ]


def _health_spec(health: Mapping[str, Any]) -> dict[str, Any]:
    if not health:
        return {}
    return {
        "Test": health["test"],
        "Interval": health.get("interval", 0),
        "Timeout": health.get("timeout", 0),
        "Retries": health.get("retries", 0),
        "StartPeriod": health.get("start_period", 0),
    }


def _rollout_spec(update: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Parallelism": update.get("parallelism", 1),
        "Order": update.get("order", "stop-first"),
        "FailureAction": update.get("failure", "pause"),
        "Monitor": update.get("monitor", 0),
    }


def adopted_spec(live: Mapping[str, Any], fields: Fields, stamps: Mapping[str, str]) -> Any:
    """Return a specification made by others with our stamps; what is equal is not written anew, so no task restarts."""
    spec = copy.deepcopy(dict(live))
    spec["Labels"] = {**(spec.get("Labels") or {}), **stamps}
    container = spec["TaskTemplate"]["ContainerSpec"]
    present = task_fields(spec["TaskTemplate"])
    for name in ("image", "command", "args", "env"):
        if (present[name] or None) != (fields.get(name) or None):
            container[name.capitalize()] = fields.get(name)
    if "Replicated" in spec["Mode"]:
        spec["Mode"] = {"Replicated": {"Replicas": fields["replicas"]}}
    return spec
