"""A task for an app in an offer, and why an offer does not serve (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tools.mesos_simulator.resources import Amounts, parse, render

Definition = Mapping[str, Any]
PLAIN_CHECKS = {"MESOS_HTTP": "HTTP", "MESOS_HTTPS": "HTTP", "HTTP": "HTTP", "MESOS_TCP": "TCP", "TCP": "TCP",
                "COMMAND": "COMMAND"}  # fmt: skip


def mismatch(app: Definition, offer: Mapping[str, Any], hosts: Sequence[str]) -> str:
    """Return why the app cannot start from an offer, empty when it can; `hosts` are those of its present tasks."""
    have = parse(offer["resources"])
    for name, amount in (("cpus", have.cpus), ("mem", have.mem), ("disk", have.disk)):
        if amount + 1e-6 < float(app[name]):
            return f"Insufficient{name.capitalize()}"
    fixed = {p for p in _host_ports(app) if p}
    if not fixed <= have.ports or len(have.ports) < len(_host_ports(app)):
        return "InsufficientPorts"
    values = {a["name"]: a["text"]["value"] for a in offer.get("attributes") or ()} | {"hostname": offer["hostname"]}
    for constraint in app["constraints"]:
        if not _meets(constraint, values, hosts):
            return "UnfulfilledConstraint"
    return ""


def _meets(constraint: Sequence[str], values: Mapping[str, str], hosts: Sequence[str]) -> bool:
    field, operator, *rest = constraint
    value, wanted = values.get(field.removeprefix("@"), ""), (rest[0] if rest else "")
    match operator.upper():
        case "UNIQUE":
            return value not in hosts
        case "CLUSTER" | "IS":
            return value == wanted if wanted else not hosts or value in hosts
        case "LIKE":
            return re.fullmatch(wanted, value) is not None
        case "UNLIKE":
            return re.fullmatch(wanted, value) is None
        case "MAX_PER":
            return Counter(hosts)[value] < int(wanted)
        case "GROUP_BY":
            return True  # a preference as far as the simulator goes
    return False


def _mappings(app: Definition) -> list[dict[str, Any]]:
    return list((app.get("container") or {}).get("portMappings") or ())


def _is_bridged(app: Definition) -> bool:
    return any(network.get("mode") == "container/bridge" for network in app.get("networks") or ())


def _host_ports(app: Definition) -> list[int]:
    if _is_bridged(app):
        return [int(mapping["hostPort"] or 0) for mapping in _mappings(app)]
    require = app.get("requirePorts")
    return [int(entry.get("port") or 0) if require else 0 for entry in app.get("portDefinitions") or ()]


def task_info(app: Definition, version: str, offer: Mapping[str, Any], identifier: str) -> dict[str, Any]:
    """Return the TaskInfo of one more task."""
    free = sorted(parse(offer["resources"]).ports)
    taken = {p for p in _host_ports(app) if p}
    spare = iter(port for port in free if port not in taken)
    ports = [port or next(spare) for port in _host_ports(app)]
    amounts = Amounts(float(app["cpus"]), float(app["mem"]), float(app["disk"]), frozenset(ports))
    info: dict[str, Any] = {
        "name": ".".join(reversed(app["id"].strip("/").split("/"))),
        "task_id": {"value": identifier},
        "agent_id": offer["agent_id"],
        "resources": render(amounts, role="*"),
        "command": _command(app, version, identifier, ports),
        "labels": {"labels": [{"key": key, "value": value} for key, value in sorted(app["labels"].items())]},
    }
    if app.get("container"):
        info["container"] = _container(app, ports)
    if app.get("resourceLimits"):
        info["limits"] = {
            name: {"value": "Infinity" if value == "unlimited" else value}
            for name, value in app["resourceLimits"].items()
        }
    if app.get("taskKillGracePeriodSeconds") is not None:
        nanoseconds = int(app["taskKillGracePeriodSeconds"]) * 1_000_000_000
        info["kill_policy"] = {"grace_period": {"nanoseconds": nanoseconds}}
    if app["healthChecks"]:
        info["health_check"] = _health(app, app["healthChecks"][0], ports)
    if app.get("check"):
        info["check"] = _check(app, app["check"])
    return info


def _command(app: Definition, version: str, identifier: str, ports: Sequence[int]) -> dict[str, Any]:
    values = {"MARATHON_APP_ID": app["id"], "MARATHON_APP_VERSION": version, "MESOS_TASK_ID": identifier}
    values |= {f"PORT{index}": str(port) for index, port in enumerate(ports)}
    values |= {"PORT": str(ports[0])} if ports else {}
    values |= {name: value for name, value in app["env"].items() if isinstance(value, str)}
    command: dict[str, Any] = {"shell": False}
    if app.get("cmd"):
        command = {"shell": True, "value": app["cmd"]}
    elif app.get("args"):
        command["arguments"] = list(app["args"])
        if not app.get("container"):
            command["value"] = app["args"][0]
    variables = [{"name": name, "value": value, "type": "VALUE"} for name, value in values.items()]
    return command | {"environment": {"variables": variables}}


def _container(app: Definition, ports: Sequence[int]) -> dict[str, Any]:
    given = app["container"]
    mappings = [
        {"host_port": port, "container_port": int(m["containerPort"]) or port, "protocol": m["protocol"]}
        for m, port in zip(_mappings(app), ports, strict=False)
    ]
    made: dict[str, Any] = {"type": given["type"], "volumes": [_volume(v) for v in given["volumes"]]}
    docker = given.get("docker")
    if given["type"] == "DOCKER" and docker:
        parameters = [dict(entry) for entry in docker["parameters"]]
        made["docker"] = {
            "image": docker["image"],
            "network": "BRIDGE" if _is_bridged(app) else "HOST",
            "privileged": docker["privileged"],
            "parameters": parameters,
            "port_mappings": mappings if _is_bridged(app) else [],
        }
        return made
    if docker:
        made["mesos"] = {"image": {"type": "DOCKER", "docker": {"name": docker["image"]}}}
    if _is_bridged(app):
        made["network_infos"] = [{"name": "mesos-bridge", "port_mappings": mappings}]
    return made


def _volume(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "container_path": given["containerPath"],
        "host_path": given["hostPath"],
        "mode": given.get("mode", "RW"),
    }


def _port(app: Definition, spec: Mapping[str, Any], ports: Sequence[int]) -> int:
    """Return the port that a check asks: in the container's network it is the container's own."""
    if spec.get("port"):
        return int(spec["port"])
    index = int(spec.get("portIndex") or 0)
    return int(_mappings(app)[index]["containerPort"]) if _is_bridged(app) else int(ports[index])


def _health(app: Definition, spec: Mapping[str, Any], ports: Sequence[int]) -> dict[str, Any]:
    kind = PLAIN_CHECKS[spec.get("protocol", "HTTP")]
    made: dict[str, Any] = {
        "type": kind,
        "delay_seconds": spec["delaySeconds"],
        "interval_seconds": spec["intervalSeconds"],
        "timeout_seconds": spec["timeoutSeconds"],
        "grace_period_seconds": spec["gracePeriodSeconds"],
        "consecutive_failures": spec["maxConsecutiveFailures"],
    }
    if kind == "COMMAND":
        return made | {"command": {"value": spec["command"]["value"], "shell": True}}
    port = _port(app, spec, ports)
    if kind == "TCP":
        return made | {"tcp": {"port": port}}
    scheme = "https" if spec.get("protocol", "").endswith("HTTPS") else "http"
    return made | {"http": {"port": port, "path": spec.get("path") or "/", "scheme": scheme}}


def _check(app: Definition, spec: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "delay_seconds": spec.get("delaySeconds", 15),
        "interval_seconds": spec.get("intervalSeconds", 10),
        "timeout_seconds": spec.get("timeoutSeconds", 20),
    }
    if "http" in spec:
        http = spec["http"]
        return made | {"type": "HTTP", "http": {"port": _port(app, http, ()), "path": http.get("path") or "/"}}
    if "tcp" in spec:
        return made | {"type": "TCP", "tcp": {"port": _port(app, spec["tcp"], ())}}
    command = {"value": spec["exec"]["command"]["shell"], "shell": True}
    return made | {"type": "COMMAND", "command": {"command": command}}
