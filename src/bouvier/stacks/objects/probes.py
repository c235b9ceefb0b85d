"""Probes from Compose's healthcheck and from rancher-compose's health_check.

Both decide whether a pod is served (readiness) and, except with `strategy: none`, whether its container is started again
(liveness). Kubernetes counts in whole seconds: shorter intervals become one second.
"""

from __future__ import annotations

import math
from typing import Any

from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.values import literal, whole_seconds

DOCKER_SECONDS, DOCKER_RETRIES = 30, 3
RANCHER_MILLIS, RANCHER_UNHEALTHY, RANCHER_INITIALIZING = 2000, 3, 60_000
"""The defaults of Cattle's own form."""
_RANCHER_STRATEGIES = ("none", "recreate", "recreateOnQuorum")

Probe = dict[str, Any]


def compose_probes(fields: Fields) -> dict[str, Probe]:
    """Return the probes of `healthcheck`, by field of the container."""
    check = fields.inner("healthcheck")
    if not check.data or check.flag("disable"):
        return {}
    command = _command(check)
    if command is None:
        return {}
    try:
        period = whole_seconds(check.take("interval", DOCKER_SECONDS))
        probe: Probe = {
            "exec": {"command": command},
            "periodSeconds": period,
            "timeoutSeconds": whole_seconds(check.take("timeout", DOCKER_SECONDS)),
            "failureThreshold": check.number("retries", DOCKER_RETRIES) or 1,
        }
        start = check.take("start_period")
        probes = {"readinessProbe": probe, "livenessProbe": probe}
        if start:
            quick = whole_seconds(check.take("start_interval", 5))
            threshold = math.ceil(whole_seconds(start) / quick) + int(probe["failureThreshold"])
            probes["startupProbe"] = {**probe, "periodSeconds": quick, "failureThreshold": threshold}
        elif check.has("start_interval"):
            check.ignore("start_interval", "it counts only together with start_period")
    except ValueError as error:
        raise fields.error("healthcheck", str(error)) from None
    check.finish({})
    return probes


def _command(check: Fields) -> list[str] | None:
    test = check.take("test")
    if test is None:
        check.ignore("", "the image's own check is not known here; write test")
        return None
    if not isinstance(test, list):
        return ["/bin/sh", "-c", literal(str(test))]
    kind, *words = [str(one) for one in test] or [""]
    if kind == "NONE":
        return None
    if kind == "CMD-SHELL" and words:
        return ["/bin/sh", "-c", literal(words[0])]
    if kind != "CMD" or not words:
        raise check.error("test", "expected [CMD, …], [CMD-SHELL, …] or [NONE]")
    return [literal(word) for word in words]


def rancher_probes(fields: Fields) -> dict[str, Probe]:
    """Return the probes of rancher-compose's `health_check`, by field of the container."""
    check = fields.inner("health_check")
    if not check.data:
        return {}
    strategy = _strategy(check)
    probe = _action(check) | {
        "periodSeconds": _seconds(check, "interval", RANCHER_MILLIS),
        "timeoutSeconds": _seconds(check, "response_timeout", RANCHER_MILLIS),
        "failureThreshold": check.number("unhealthy_threshold", RANCHER_UNHEALTHY) or 1,
    }
    initializing = _seconds(check, "initializing_timeout", RANCHER_INITIALIZING)
    if check.has("reinitializing_timeout"):
        check.ignore("reinitializing_timeout", "a container that starts again has initializing_timeout")
    healthy = check.number("healthy_threshold", 1) or 1
    check.finish({"recreate_on_quorum_strategy_config": "see strategy"})
    readiness = {**probe, "successThreshold": healthy} if healthy > 1 else probe
    if strategy != "recreate":
        return {"readinessProbe": readiness}
    attempts = math.ceil(initializing / int(probe["periodSeconds"]))
    startup = {**probe, "failureThreshold": max(attempts, 1)}
    return {"readinessProbe": readiness, "livenessProbe": probe, "startupProbe": startup}


def _strategy(check: Fields) -> str:
    strategy = check.text("strategy", "recreate")
    if strategy not in _RANCHER_STRATEGIES:
        raise check.error("strategy", f"{strategy} is none of " + ", ".join(_RANCHER_STRATEGIES))
    if strategy == "recreateOnQuorum":
        check.ignore("strategy", "a quorum is not counted: an unhealthy pod is not served, and not started again")
    return strategy


def _action(check: Fields) -> Probe:
    port = check.number("port")
    if not port:
        raise check.error("port", "a health check needs a port")
    words = check.text("request_line").replace('"', "").split()
    if not words:
        return {"tcpSocket": {"port": port}}
    if words[0].upper() != "GET":
        check.ignore("request_line", f"GET is sent instead of {words[0]}")
    return {"httpGet": {"port": port, "path": words[1] if len(words) > 1 else "/", "scheme": "HTTP"}}


def _seconds(check: Fields, key: str, default_millis: int) -> int:
    return max(1, math.ceil((check.number(key, default_millis) or default_millis) / 1000))
