"""The container of a run: command, environment, ports, resources, security, health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.cli.docker_run.annotated import is_annotated
from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.docker_run.values import (
    Publish,
    cpu_quantity,
    duration_seconds,
    parse_entrypoint,
    parse_environment,
    parse_publish,
    parse_user,
    port_range,
    quantity_of,
    read_lines,
    shell_words,
    size_bytes,
)

PULL_POLICIES = {"always": "Always", "missing": "IfNotPresent", "never": "Never"}
CPU_SHARES_OF_ONE = 1024
"""Docker's weight of one processor."""
DOCKER_HEALTH = {"interval": 30.0, "timeout": 30.0, "retries": 3}
"""Docker's defaults."""


def build_container(request: RunRequest, name: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the container, without its volume mounts.

    Raises:
        ValueError: an option's value is not understood.
    """
    container: dict[str, Any] = {"name": name, "image": request.image}
    if request.entrypoint is not None:
        container["command"] = parse_entrypoint(request.entrypoint)
    optional = {
        "args": list(request.command),
        "workingDir": request.workdir,
        "env": _environment(request, environ),
        "ports": _ports(request),
        "resources": _resources(request),
        "securityContext": _security(request),
        "readinessProbe": _health(request),
        "imagePullPolicy": _pull_policy(request.pull),
        "stdin": request.interactive or "stdin" in request.attach,
        "tty": request.tty,
    }
    container |= {field: value for field, value in optional.items() if value}
    return container


def published(request: RunRequest) -> list[Publish]:
    """Return every published port, in order."""
    return [port for text in request.publish for port in parse_publish(text)]


def exposed_ports(request: RunRequest) -> list[Publish]:
    """Return the ports of `--expose` that are ports, not host names."""
    ports = []
    for text in request.expose:
        numbers, _, protocol = text.partition("/")
        if numbers.replace("-", "").isdigit():
            ports += [Publish(port, protocol=(protocol or "tcp").upper()) for port in port_range(numbers)]
    return ports


def host_names(request: RunRequest) -> list[str]:
    """Return the host names of `--expose`."""
    return [text for text in request.expose if not text.partition("/")[0].replace("-", "").isdigit()]


def _ports(request: RunRequest) -> list[dict[str, Any]]:
    ports: dict[tuple[int, str], dict[str, Any]] = {}
    for port in exposed_ports(request) + published(request):
        entry = ports.setdefault((port.container, port.protocol), {"containerPort": port.container})
        if port.protocol != "TCP":
            entry["protocol"] = port.protocol
        if port.host:
            entry["hostPort"] = port.host
        if port.host and port.address not in ("", "0.0.0.0"):
            entry["hostIP"] = port.address
    return list(ports.values())


def _environment(request: RunRequest, environ: Mapping[str, str]) -> list[dict[str, str]]:
    texts = [line for path in request.env_file for line in read_lines("--env-file", path)]
    variables = parse_environment([*texts, *request.env], environ)
    return [{"name": name, "value": value} for name, value in variables.items()]


def _resources(request: RunRequest) -> dict[str, Any]:
    limits, requests = {}, {}
    if request.cpus:
        limits["cpu"] = cpu_quantity("--cpus", request.cpus)
    if request.memory:
        limits["memory"] = quantity_of(size_bytes("--memory", request.memory))
    if request.cpu_shares:
        requests["cpu"] = f"{max(1, request.cpu_shares * 1000 // CPU_SHARES_OF_ONE)}m"
    if request.memory_reservation:
        requests["memory"] = quantity_of(size_bytes("--memory-reservation", request.memory_reservation))
    return {name: value for name, value in (("limits", limits), ("requests", requests)) if value}


def _security(request: RunRequest) -> dict[str, Any]:
    security: dict[str, Any] = {}
    if request.user and not is_annotated("user", request.user):
        user, group = parse_user(request.user)
        security |= {"runAsUser": user} | ({} if group is None else {"runAsGroup": group})
    if request.privileged:
        security["privileged"] = True
    if request.read_only:
        security["readOnlyRootFilesystem"] = True
    capabilities = {"add": _capabilities(request.cap_add), "drop": _capabilities(request.cap_drop)}
    if any(capabilities.values()):
        security["capabilities"] = {action: names for action, names in capabilities.items() if names}
    for text in request.security_opt:
        if is_annotated("security-opt", text):
            continue
        security |= _security_option(text)
    return security


def _capabilities(names: tuple[str, ...]) -> list[str]:
    return [name.upper().removeprefix("CAP_") for name in names]


def _security_option(text: str) -> dict[str, Any]:
    name, _, value = text.replace(":", "=", 1).partition("=")
    if name == "no-new-privileges" and value in ("", "true"):
        return {"allowPrivilegeEscalation": False}
    if (name, value) == ("seccomp", "unconfined"):
        return {"seccompProfile": {"type": "Unconfined"}}
    raise ValueError(f"--security-opt {text}: not supported; known: no-new-privileges, seccomp=unconfined")


def _health(request: RunRequest) -> dict[str, Any]:
    """Return docker's health check as a readiness probe: it steers traffic and, as in docker, restarts nothing."""
    for option, text in (
        ("--health-start-period", request.health_start_period),
        ("--health-start-interval", request.health_start_interval),
    ):
        if text:
            duration_seconds(option, text)
    if not request.health_cmd or request.no_healthcheck:
        return {}
    interval = _seconds("--health-interval", request.health_interval, DOCKER_HEALTH["interval"])
    return {
        "exec": {"command": shell_words(request.health_cmd)},
        "periodSeconds": interval,
        "timeoutSeconds": _seconds("--health-timeout", request.health_timeout, DOCKER_HEALTH["timeout"]),
        "failureThreshold": request.health_retries or int(DOCKER_HEALTH["retries"]),
    }


def _seconds(option: str, text: str, default: float) -> int:
    return max(1, round(duration_seconds(option, text) if text else default))


def _pull_policy(text: str) -> str:
    if text and text not in PULL_POLICIES:
        raise ValueError(f"--pull {text}: expected one of {', '.join(PULL_POLICIES)}")
    return PULL_POLICIES.get(text, "")
