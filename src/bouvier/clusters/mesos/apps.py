"""Apps of Marathon and our canonical fields, both ways (pure).

Marathon completes what it is given, so apps are compared by these fields only. The upgrade strategy is none of them:
changing it would replace tasks, so it is written along with the next change that does so anyway.
Source: https://mesosphere.github.io/marathon/api-console/index.html (AppDefinition)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any

from bouvier.clusters.driver import Fields
from bouvier.clusters.mesos.fields import STAMPS, compact
from bouvier.controllers.workloads.deployment_sizes import is_rolling, max_surge, max_unavailable, spec_replicas
from bouvier.meta.objects import Obj

App = Mapping[str, Any]
UNLIMITED = "unlimited"
READY_CODES = list(range(200, 400))
"""Kubernetes takes every answer below 400 as success."""
_PROTOCOLS = {"MESOS_HTTP": "http", "HTTP": "http", "MESOS_HTTPS": "http", "HTTPS": "http", "MESOS_TCP": "tcp",
              "TCP": "tcp", "COMMAND": "command"}  # fmt: skip
UNIQUE = ["hostname", "UNIQUE"]


def fields_of(app: App) -> Fields:
    """Return the fields of a live app."""
    container = app.get("container") or {}
    docker = container.get("docker") or {}
    is_global = (app.get("labels") or {}).get(f"{STAMPS}kind") == "DaemonSet"
    ports = [
        [m.get("containerPort", 0), m.get("protocol", "tcp"), m.get("name") or f"port-{m.get('containerPort', 0)}"]
        for m in container.get("portMappings") or ()
    ]
    health = app.get("healthChecks") or []
    fields: Fields = {
        "image": docker.get("image", ""),
        "cmd": app.get("cmd") or "",
        "args": list(app.get("args") or ()),
        "env": _env(app.get("env") or {}, ports),
        "ports": sorted(ports),
        "volumes": sorted(_volume(v) for v in container.get("volumes") or () if "hostPath" in v),
        "health": _health(health[0], ports) if health else {},
        "check": _check(app["check"], ports) if app.get("check") else {},
        "constraints": _constraints(app, is_global=is_global),
        "grace": app.get("taskKillGracePeriodSeconds") or 0,
        "labels": {k: v for k, v in (app.get("labels") or {}).items() if not k.startswith(STAMPS)},
        "parameters": sorted([p["key"], p["value"]] for p in docker.get("parameters") or ()),
        "privileged": bool(docker.get("privileged")),
        "containerizer": container.get("type", "MESOS"),
        **_amounts(app),
    }
    fields |= {"global": True} if is_global else {"replicas": int(app.get("instances") or 0)}
    return compact(fields)


def _env(env: Mapping[str, Any], ports: list[list[Any]]) -> list[str]:
    """Return the variables; PORT with the container's own port is what we set in place of Marathon's."""
    plain = {name: value for name, value in env.items() if isinstance(value, str)}
    if ports and plain.get("PORT") == str(ports[0][0]):
        plain.pop("PORT")
    return sorted(f"{name}={value}" for name, value in plain.items())


def _volume(volume: Mapping[str, Any]) -> list[str]:
    return [volume["containerPath"], volume["hostPath"], volume.get("mode", "RW")]


def _constraints(app: App, *, is_global: bool) -> list[list[str]]:
    found = [[*constraint, ""][:3] for constraint in app.get("constraints") or ()]
    if is_global:
        found = [constraint for constraint in found if constraint[:2] != UNIQUE]
    return sorted(found)


def _amounts(app: App) -> Fields:
    limits = app.get("resourceLimits") or {}
    return {
        "cpu": round(float(app.get("cpus") or 0) * 1000),
        "memory": math.ceil(float(app.get("mem") or 0)),
        "cpu_limit": _limit(limits.get("cpus"), 1000),
        "memory_limit": _limit(limits.get("mem"), 1),
    }


def _limit(value: Any, unit: int) -> int:
    return 0 if value in (None, UNLIMITED) else round(float(value) * unit)


def _port_of(spec: Mapping[str, Any], ports: list[list[Any]]) -> int:
    if spec.get("port"):
        return int(spec["port"])
    index = int(spec.get("portIndex") or 0)
    return int(ports[index][0]) if index < len(ports) else 0


def _health(check: Mapping[str, Any], ports: list[list[Any]]) -> dict[str, Any]:
    protocol = check.get("protocol", "HTTP")
    kind = _PROTOCOLS.get(protocol, "command")
    made: dict[str, Any] = {
        "kind": kind,
        "delay": check.get("delaySeconds", 15),
        "interval": check.get("intervalSeconds", 60),
        "timeout": check.get("timeoutSeconds", 20),
        "failures": check.get("maxConsecutiveFailures", 3),
        "grace": check.get("gracePeriodSeconds", 300),
    }
    if kind == "command":
        return made | {"command": (check.get("command") or {}).get("value", "")}
    made["port"] = _port_of(check, ports)
    if kind == "tcp":
        return made
    return made | {"path": check.get("path") or "/", "scheme": "https" if protocol.endswith("S") else "http"}


def _check(check: Mapping[str, Any], ports: list[list[Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "delay": check.get("delaySeconds", 15),
        "interval": check.get("intervalSeconds", 10),
        "timeout": check.get("timeoutSeconds", 20),
    }
    if "http" in check:
        http = check["http"]
        scheme = str(http.get("scheme") or "http").lower()
        return made | {"kind": "http", "port": _port_of(http, ports), "path": http.get("path", "/"), "scheme": scheme}
    if "tcp" in check:
        return made | {"kind": "tcp", "port": _port_of(check["tcp"], ports)}
    command = (check.get("exec") or {}).get("command") or {}
    return made | {"kind": "command", "command": command.get("shell", "")}


def app_of(obj: Obj, fields: Fields, stamps: Mapping[str, str], instances: int) -> dict[str, Any]:
    """Return the whole definition to send, without its id."""
    env = dict(line.split("=", 1) for line in fields.get("env") or ())
    if fields.get("ports"):
        env.setdefault("PORT", str(fields["ports"][0][0]))
    constraints = [[part for part in constraint if part] for constraint in fields.get("constraints") or ()]
    app: dict[str, Any] = {
        "instances": instances,
        "cpus": fields["cpu"] / 1000,
        "mem": fields["memory"],
        "resourceLimits": {
            "cpus": fields["cpu_limit"] / 1000 if fields.get("cpu_limit") else UNLIMITED,
            "mem": fields.get("memory_limit") or UNLIMITED,
        },
        "env": env,
        "labels": {**(fields.get("labels") or {}), **stamps},
        "constraints": [*constraints, *([UNIQUE] if fields.get("global") else [])],
        "container": _container(fields),
        "networks": [{"mode": "container/bridge"}],
        "healthChecks": [_health_check(fields["health"])] if fields.get("health") else [],
        "readinessChecks": _readiness_checks(fields),
        "taskKillGracePeriodSeconds": fields.get("grace", 0),
        "upgradeStrategy": upgrade_strategy(obj),
    }
    if fields.get("check"):
        app["check"] = _plain_check(fields["check"])
    if fields.get("cmd"):
        app["cmd"] = fields["cmd"]
    elif fields.get("args"):
        app["args"] = fields["args"]
    return app


def _container(fields: Fields) -> dict[str, Any]:
    docker: dict[str, Any] = {"image": fields["image"], "forcePullImage": False}
    if fields.get("parameters"):
        docker["parameters"] = [{"key": key, "value": value} for key, value in fields["parameters"]]
    if fields.get("privileged"):
        docker["privileged"] = True
    mappings = [
        {"containerPort": number, "hostPort": 0, "protocol": protocol, "name": name}
        for number, protocol, name in fields.get("ports") or ()
    ]
    volumes = [
        {"containerPath": path, "hostPath": source, "mode": mode} for path, source, mode in fields.get("volumes") or ()
    ]
    return {"type": fields["containerizer"], "docker": docker, "portMappings": mappings, "volumes": volumes}


def _health_check(health: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "delaySeconds": health["delay"],
        "intervalSeconds": health["interval"],
        "timeoutSeconds": health["timeout"],
        "maxConsecutiveFailures": health["failures"],
        "gracePeriodSeconds": health["grace"],
    }
    match health["kind"]:
        case "command":
            return made | {"protocol": "COMMAND", "command": {"value": health["command"]}}
        case "tcp":
            return made | {"protocol": "MESOS_TCP", "port": health["port"]}
    protocol = "MESOS_HTTPS" if health["scheme"] == "https" else "MESOS_HTTP"
    return made | {"protocol": protocol, "port": health["port"], "path": health["path"]}


def _plain_check(check: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "delaySeconds": check["delay"],
        "intervalSeconds": check["interval"],
        "timeoutSeconds": check["timeout"],
    }
    match check["kind"]:
        case "command":
            return made | {"exec": {"command": {"shell": check["command"]}}}
        case "tcp":
            return made | {"tcp": {"port": check["port"]}}
    return made | {"http": {"port": check["port"], "path": check["path"], "scheme": check["scheme"].upper()}}


def _readiness_checks(fields: Fields) -> list[dict[str, Any]]:
    """Return what a deployment waits for; Marathon knows it for HTTP on a mapped port only."""
    check = fields.get("check") or {}
    names = {number: name for number, _, name in fields.get("ports") or ()}
    if check.get("kind") != "http" or check["port"] not in names:
        return []
    return [
        {
            "name": "readiness",
            "protocol": check["scheme"].upper(),
            "path": check["path"],
            "portName": names[check["port"]],
            "intervalSeconds": check["interval"],
            "timeoutSeconds": check["timeout"],
            "httpStatusCodesForReady": READY_CODES,
            "preserveLastResponse": False,
        }
    ]


def upgrade_strategy(obj: Obj) -> dict[str, float]:
    """Return how many tasks may be missing and how many beyond the wish an upgrade may run, as shares."""
    if obj["kind"] == "DaemonSet":
        return {"minimumHealthCapacity": 0.0, "maximumOverCapacity": 0.0}
    if not is_rolling(obj):
        return {"minimumHealthCapacity": 0.0, "maximumOverCapacity": 0.0}
    wanted = max(spec_replicas(obj), 1)
    least = (wanted - max_unavailable(obj)) / wanted
    return {
        "minimumHealthCapacity": max(0.0, round(least, 4)),
        "maximumOverCapacity": min(1.0, round(max_surge(obj) / wanted, 4)),
    }


def adopted_changes(fields: Fields, live: Fields, app: App) -> dict[str, Any]:
    """Return the update of an app that others made: only what differs of size, image, command and environment."""
    changed: dict[str, Any] = {}
    if fields.get("replicas") != live.get("replicas"):
        changed["instances"] = fields.get("replicas", 0)
    if fields.get("cmd") != live.get("cmd") or fields.get("args") != live.get("args"):
        changed |= {"cmd": fields["cmd"]} if fields.get("cmd") else {"args": fields.get("args") or []}
    if fields.get("env") != live.get("env"):
        changed["env"] = dict(line.split("=", 1) for line in fields.get("env") or ())
    if fields.get("image") != live.get("image"):
        container = copy.deepcopy(dict(app.get("container") or {"type": "MESOS"}))
        container["docker"] = {**(container.get("docker") or {}), "image": fields.get("image", "")}
        changed["container"] = container
    return changed
