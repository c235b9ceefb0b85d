"""App definitions: what is completed, merged and compared (pure).

Source: https://mesosphere.github.io/marathon/api-console/index.html (AppDefinition, AppUpdate).
"""

from __future__ import annotations

import copy
import re
from typing import Any

Definition = dict[str, Any]
DEFAULTS: Definition = {
    "acceptedResourceRoles": ["*"],
    "backoffFactor": 1.15,
    "backoffSeconds": 1,
    "cpus": 1,
    "disk": 0,
    "executor": "",
    "instances": 1,
    "killSelection": "YOUNGEST_FIRST",
    "labels": {},
    "maxLaunchDelaySeconds": 300,
    "mem": 128,
    "gpus": 0,
    "env": {},
    "constraints": [],
    "dependencies": [],
    "fetch": [],
    "healthChecks": [],
    "readinessChecks": [],
    "requirePorts": False,
    "unreachableStrategy": {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
    "upgradeStrategy": {"minimumHealthCapacity": 1, "maximumOverCapacity": 1},
}
OPTIONAL = (
    "args",
    "cmd",
    "container",
    "networks",
    "portDefinitions",
    "taskKillGracePeriodSeconds",
    "user",
    "role",
    "check",
    "resourceLimits",
    "secrets",
)
IGNORED = ("version", "versionInfo", "tasks", "deployments", "tasksRunning", "tasksStaged", "tasksHealthy",
           "tasksUnhealthy", "lastTaskFailure", "readinessCheckResults", "uris", "ports")  # fmt: skip
RESTARTS_NOT = ("instances", "id")
"""A change of anything else replaces the tasks."""
_PATH = re.compile(r"^/?(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])/?)+$")
_HEALTH = {"gracePeriodSeconds": 300, "intervalSeconds": 60, "timeoutSeconds": 20, "maxConsecutiveFailures": 3,
           "delaySeconds": 15}  # fmt: skip


class InvalidError(Exception):
    """A definition that is refused; carries details as Marathon gives them."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.details = [{"path": path, "errors": [message]}]


def path_of(identifier: str) -> str:
    """Return an app id in its absolute form.

    Raises:
        InvalidError: it is none.
    """
    if not _PATH.match(identifier):
        raise InvalidError("/id", "must fully match regular expression of a path of lower case DNS names")
    return "/" + identifier.strip("/")


def completed(given: Definition) -> Definition:
    """Return a definition with all defaults.

    Raises:
        InvalidError: it is not valid.
    """
    _check_names(given)
    if given.get("cmd") is not None and given.get("args"):
        raise InvalidError("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
    if not (given.get("cmd") or given.get("args") or given.get("container")):
        raise InvalidError("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.")
    made = copy.deepcopy(DEFAULTS)
    made |= {n: v for n, v in given.items() if v is not None and n not in IGNORED}
    made["id"] = path_of(given["id"])
    made["healthChecks"] = [_HEALTH | check for check in made["healthChecks"]]
    if made.get("container"):
        made["container"], network = _container(made["container"])
        if network and "networks" not in made:
            made["networks"] = [{"mode": "container/bridge" if network == "BRIDGE" else "host"}]
    made.setdefault("networks", [{"mode": "host"}])
    if made["instances"] < 0:
        raise InvalidError("/instances", "got -1, expected 0 or more")
    strategy = made["upgradeStrategy"] = DEFAULTS["upgradeStrategy"] | made["upgradeStrategy"]
    if not all(0 <= share <= 1 for share in strategy.values()):
        raise InvalidError("/upgradeStrategy", "got a share outside of 0.0 to 1.0")
    return made


def _check_names(given: Definition) -> None:
    for name in given:
        if name not in DEFAULTS and name not in OPTIONAL and name not in IGNORED and name != "id":
            raise InvalidError(f"/{name}", f"unknown field {name}")


def _container(given: Definition) -> tuple[Definition, str]:
    """Return a container's definition, and the network that the form before Marathon 1.5 named inside it."""
    made: Definition = {"type": "DOCKER", "volumes": []} | copy.deepcopy(given)
    network = ""
    if "docker" in made:
        made["docker"] = {"forcePullImage": False, "parameters": [], "privileged": False} | made["docker"]
        network = made["docker"].pop("network", "") or ""
        old_mappings = made["docker"].pop("portMappings", None)
        made["portMappings"] = made.get("portMappings") or old_mappings or []
    defaults = {"hostPort": 0, "protocol": "tcp", "labels": {}, "servicePort": 0}
    mappings = [
        defaults | {name: value for name, value in mapping.items() if value is not None}
        for mapping in made.pop("portMappings", None) or ()
    ]
    return made | ({"portMappings": mappings} if mappings else {}), network


def merged(before: Definition, update: Definition, *, partial: bool) -> Definition:
    """Return a definition after an update; without `partial` what it does not name returns to its default."""
    given = {**update, "id": before["id"]}
    if partial:
        kept = dict(before)
        if "cmd" in given:
            kept.pop("args", None)
        if "args" in given:
            kept.pop("cmd", None)
        given = kept | {name: value for name, value in given.items() if value is not None}
    elif "instances" not in given:
        given["instances"] = before["instances"]
    return completed(given)


def needs_restart(before: Definition, after: Definition) -> bool:
    """Tell whether tasks of one definition must be replaced for the other."""
    names = (set(before) | set(after)) - set(RESTARTS_NOT)
    return any(before.get(name) != after.get(name) for name in names)
