"""Validation of a container's probes and life cycle hooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import forbidden_field, required

_PROBE_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOK_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
_SCHEMES = ("HTTP", "HTTPS")

Handler = Mapping[str, Any]


def validate_container_probes(path: str, container: Mapping[str, Any]) -> Errors:
    """Check hooks and probes of one container."""
    lifecycle = container.get("lifecycle") or {}
    for hook in ("postStart", "preStop"):
        if lifecycle.get(hook) is not None:
            yield from _handlers(f"{path}.lifecycle.{hook}", lifecycle[hook], _HOOK_HANDLERS)
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(field)
        if probe is not None:
            yield from _probe(f"{path}.{field}", probe, is_readiness=field == "readinessProbe")


def _probe(path: str, probe: Handler, *, is_readiness: bool) -> Errors:
    yield from _handlers(path, probe, _PROBE_HANDLERS)
    for field in _PROBE_NUMBERS:
        yield from fields.non_negative(f"{path}.{field}", probe.get(field))
    grace = probe.get("terminationGracePeriodSeconds")
    if is_readiness:
        if grace is not None:
            detail = "must not be set for readinessProbes"
            yield fields.invalid(f"{path}.terminationGracePeriodSeconds", grace, detail)
        return
    if probe.get("successThreshold") not in (None, 1):
        yield fields.invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1")
    if grace is not None and grace <= 0:
        yield fields.invalid(f"{path}.terminationGracePeriodSeconds", grace, "must be greater than 0")


def _handlers(path: str, handler: Handler, choices: tuple[str, ...]) -> Errors:
    present = [choice for choice in choices if handler.get(choice) is not None]
    if not present:
        yield required(path, "must specify a handler type")
        return
    for choice in present[1:]:
        yield forbidden_field(f"{path}.{choice}", "may not specify more than 1 handler type")
    choice = present[0]
    yield from _CHECKS[choice](f"{path}.{choice}", handler[choice])


def _exec(path: str, action: Handler) -> Errors:
    if not action.get("command"):
        yield required(f"{path}.command")


def _http(path: str, action: Handler) -> Errors:
    if not action.get("path"):
        yield required(f"{path}.path")
    yield from fields.port_or_name(f"{path}.port", action.get("port", 0))
    yield from fields.optional_one_of(f"{path}.scheme", action.get("scheme"), _SCHEMES)
    for index, header in enumerate(action.get("httpHeaders") or ()):
        name = header.get("name", "")
        if not name or not all(char.isalnum() or char == "-" for char in name):
            detail = (
                "a valid HTTP header must consist of alphanumeric characters or '-' "
                "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
            )
            yield fields.invalid(f"{path}.httpHeaders[{index}].name", name, detail)


def _tcp(path: str, action: Handler) -> Errors:
    yield from fields.port_or_name(f"{path}.port", action.get("port", 0))


def _grpc(path: str, action: Handler) -> Errors:
    yield from fields.port(f"{path}.port", action.get("port", 0))


def _sleep(path: str, action: Handler) -> Errors:
    if action.get("seconds", 0) < 0:
        yield fields.invalid(path, action["seconds"], "must be greater than or equal to 0")


_CHECKS = {"exec": _exec, "httpGet": _http, "tcpSocket": _tcp, "grpc": _grpc, "sleep": _sleep}
