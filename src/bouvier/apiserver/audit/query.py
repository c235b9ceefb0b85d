"""What a query of the audit log asks for: bytes that a line must have, and the exact comparison afterwards.

Most lines are passed over by comparing bytes; only those that may fit are decoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import orjson

from bouvier.apiserver.audit.events import CLUSTER_KEY, micro_time
from bouvier.apiserver.audit.policy import COMPLETE, PANIC, STAGES, STARTED
from bouvier.meta.errors import bad_request
from bouvier.util.clock import parse_time

FIELDS = ("user", "verb", "resource", "namespace", "name", "stage")
PARAMETERS = (*FIELDS, "from", "to")


@dataclass(frozen=True, slots=True)
class Query:
    """Which events are wanted; empty texts do not limit anything."""

    cluster: str = "local"
    user: str = ""
    verb: str = ""
    resource: str = ""
    """`deployments`, `deployments.apps` or `pods/exec`."""
    namespace: str = ""
    name: str = ""
    stage: str = ""
    begin: str = ""
    end: str = ""
    """Moments in the form of stageTimestamp, which sort as texts."""

    def needles(self) -> list[bytes]:
        """Return what every wanted line contains."""
        plural = self.resource.partition("/")[0].partition(".")[0]
        pairs = [("username", self.user), ("verb", self.verb), ("resource", plural)]
        pairs += [("namespace", self.namespace), ("name", self.name), ("stage", self.stage)]
        if self.cluster != "local":
            pairs.append((CLUSTER_KEY, self.cluster))
        return [b'"%b":%b' % (key.encode(), orjson.dumps(value)) for key, value in pairs if value]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Tell whether a decoded event is wanted."""
        if (event.get("annotations") or {}).get(CLUSTER_KEY, "local") != self.cluster:
            return False
        if self.user and self.user not in (_name(event, "user"), _name(event, "impersonatedUser")):
            return False
        if self.verb and event.get("verb") != self.verb:
            return False
        moment = event.get("stageTimestamp") or ""
        if (self.begin and moment < self.begin) or (self.end and moment > self.end):
            return False
        return self._is_stage(event) and self._is_object(event.get("objectRef") or {})

    def _is_stage(self, event: Mapping[str, Any]) -> bool:
        stage = event.get("stage")
        if self.stage:
            return bool(stage == self.stage)
        if stage == STARTED:  # refused credentials end there
            return bool((event.get("responseStatus") or {}).get("code") == 401)
        return stage in (COMPLETE, PANIC)

    def _is_object(self, reference: Mapping[str, str]) -> bool:
        if self.namespace and reference.get("namespace") != self.namespace:
            return False
        if self.name and reference.get("name") != self.name:
            return False
        if not self.resource:
            return True
        resource, _, subresource = self.resource.partition("/")
        plural, dot, group = resource.partition(".")
        if reference.get("resource") != plural or (dot and reference.get("apiGroup", "") != group):
            return False
        return not subresource or reference.get("subresource", "") == subresource


def _name(event: Mapping[str, Any], field: str) -> str:
    return str((event.get(field) or {}).get("username", ""))


def parse_query(parameters: Mapping[str, str], cluster: str, namespace: str) -> Query:
    """Return the query that parameters (or the field selector of the same names) describe.

    Raises:
        ApiError: BadRequest, names the parameter.

    """
    given = {name: parameters[name] for name in PARAMETERS if parameters.get(name)} | _selected(parameters)
    if namespace:
        given["namespace"] = namespace
    if given.get("stage") and given["stage"] not in STAGES:
        raise bad_request(f"stage: {given['stage']!r} is not one of {', '.join(STAGES)}")
    moments = {name: _moment(name, given.pop(name, "")) for name in ("from", "to")}
    return Query(cluster, begin=moments["from"], end=moments["to"], **given)


def _selected(parameters: Mapping[str, str]) -> dict[str, str]:
    selected = {}
    for part in filter(None, parameters.get("fieldSelector", "").split(",")):
        field, sign, value = part.partition("=")
        field = {"metadata.namespace": "namespace"}.get(field.removesuffix("!"), field)
        if not sign or field not in FIELDS:
            raise bad_request(f"fieldSelector: {part!r} is not FIELD=VALUE with one of {', '.join(FIELDS)}")
        selected[field] = value.removeprefix("=")
    return selected


def _moment(name: str, text: str) -> str:
    if not text:
        return ""
    try:
        moment = parse_time(text)
    except ValueError:
        raise bad_request(f"{name}: {text!r} is not a time such as 2026-03-01T12:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return micro_time(moment.timestamp())
