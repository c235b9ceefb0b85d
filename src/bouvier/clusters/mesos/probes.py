"""Probes as Mesos' health check (its failure ends a task) and check (it only reports) (pure).

Source: https://mesos.apache.org/documentation/latest/health-checks/
"""

from __future__ import annotations

import shlex
from typing import Any

from bouvier.clusters.driver import Fields, Loss
from bouvier.clusters.environment import RefusedError
from bouvier.meta.objects import Obj

PATH = "spec.template.spec.containers[0]"


def checks(container: Obj, losses: list[Loss]) -> Fields:
    """Return `health` and `check` for the probes of a container."""
    fields: Fields = {}
    liveness, startup = container.get("livenessProbe"), container.get("startupProbe")
    if liveness:
        health = _probe(container, liveness, "livenessProbe", losses)
        health |= {"failures": liveness.get("failureThreshold", 3), "grace": _seconds(startup) if startup else 0}
        fields["health"] = health
    elif startup:
        losses.append(Loss(f"{PATH}.startupProbe", "Mesos has no check for the start alone: it is ignored"))
    if container.get("readinessProbe"):
        fields["check"] = _probe(container, container["readinessProbe"], "readinessProbe", losses)
    return fields


def _seconds(startup: Obj) -> int:
    """Return how long a start may take: failures before the first success do not count so long."""
    return int(startup.get("initialDelaySeconds", 0)) + int(startup.get("periodSeconds", 10)) * int(
        startup.get("failureThreshold", 3)
    )


def _probe(container: Obj, probe: Obj, name: str, losses: list[Loss]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "delay": probe.get("initialDelaySeconds", 0),
        "interval": probe.get("periodSeconds", 10),
        "timeout": probe.get("timeoutSeconds", 1),
    }
    if probe.get("successThreshold", 1) != 1:
        losses.append(Loss(f"{PATH}.{name}.successThreshold", "Mesos counts one success"))
    if name == "readinessProbe" and probe.get("failureThreshold", 3) != 3:
        losses.append(Loss(f"{PATH}.{name}.failureThreshold", "Mesos reports each failure at once"))
    if "exec" in probe:
        return made | {"kind": "command", "command": shlex.join(probe["exec"].get("command") or ())}
    if "httpGet" in probe:
        get = probe["httpGet"]
        lost = [field for field in ("host", "httpHeaders") if get.get(field)]
        text = "Mesos has no counterpart: it is ignored"
        losses += [Loss(f"{PATH}.{name}.httpGet.{field}", text) for field in lost]
        scheme = get.get("scheme", "HTTP").lower()
        port = _port(container, get["port"])
        return made | {"kind": "http", "port": port, "path": get.get("path") or "/", "scheme": scheme}
    if "tcpSocket" in probe:
        return made | {"kind": "tcp", "port": _port(container, probe["tcpSocket"]["port"])}
    raise RefusedError(f"{PATH}.{name}: Mesos checks by HTTP, TCP or a command only")


def _port(container: Obj, given: Any) -> int:
    if str(given).isdigit():
        return int(given)
    for port in container.get("ports") or ():
        if port.get("name") == given:
            return int(port["containerPort"])
    raise RefusedError(f"{PATH}: a probe names the port {given}, which the container does not have")
