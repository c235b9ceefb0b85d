"""Audit events (`audit.k8s.io/v1`) as upstream writes them. Pure: times and answers are passed in.

Source: https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/#audit-k8s-io-v1-Event
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from bouvier.apiserver.audit.policy import API_VERSION
from bouvier.apiserver.audit.records import NOT_FOUND, Identity, Record
from bouvier.apiserver.request import Request, Response, User
from bouvier.apiserver.wire import bodies
from bouvier.meta.errors import ApiError

CLUSTER_KEY = "audit.bouvier.io/cluster"
"""Annotation of events of logical clusters other than `local`."""
AGENT_LETTERS = 1024
"""What is kept of a User-Agent, as the original."""
CLOSED_EARLY = {"metadata": {}, "status": "Success", "message": "Connection closed early", "code": 200}
PATCH = "PATCH"
_JSON, _YAML = "application/json", "application/yaml"
_STATUS_FIELDS = ("status", "message", "reason", "details", "code")
_SECRET_PATHS = re.compile(r"^(/hooks/[^/]+/[^/]+/[^/]+/|.*/buildconfigs/[^/]+/webhooks/)[^/]+")
"""Paths of hooks and build webhooks: their last words are the caller's proof."""


class _Head(msgspec.Struct):
    metadata: Identity


_decode_head = msgspec.json.Decoder(_Head).decode


def event_of(
    request: Request, record: Record, stage: str, when: float, status: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the event of one stage, without bodies."""
    headers = request.headers
    event: dict[str, Any] = {
        "kind": "Event",
        "apiVersion": API_VERSION,
        "level": record.decision.level,
        "auditID": request.audit_id,
        "stage": stage,
        "requestURI": _uri(request),
        "verb": record.verb,
        "user": _user(request.caller or request.user),
    }
    if request.caller is not None:
        event["impersonatedUser"] = _user(request.user)
    event["sourceIPs"] = _sources(request)
    agent = headers.get("user-agent")
    if agent:
        event["userAgent"] = agent if len(agent) <= AGENT_LETTERS else agent[:AGENT_LETTERS] + "...TRUNCATED"
    if record.target is not None:
        event["objectRef"] = _reference(record)
    if status is not None:
        event["responseStatus"] = status
    event["requestReceivedTimestamp"] = micro_time(record.received)
    event["stageTimestamp"] = micro_time(when)
    annotations = _annotations(request, record)
    if annotations:
        event["annotations"] = annotations
    return event


def refused(error: ApiError) -> dict[str, Any]:
    """Return the outcome of a refused request."""
    said = error.status()
    return {"metadata": {}} | {key: said[key] for key in _STATUS_FIELDS if key in said}


def status_of(answer: Response) -> dict[str, Any]:
    """Return the outcome of an answer: its code, and all that a Status says."""
    if answer.body.startswith(b'{"kind":"Status"'):
        said = orjson.loads(answer.body)
        return {"metadata": {}, "code": answer.status} | {key: said[key] for key in _STATUS_FIELDS if key in said}
    return {"metadata": {}, "code": answer.status}


def note_object(record: Record, answer: Response) -> None:
    """Take name, uid and resourceVersion from an answer that is one object."""
    if answer.status >= 300 or answer.content_type != _JSON or record.verb in ("list", "deletecollection"):
        return
    with suppress(msgspec.MsgspecError):
        record.found = _decode_head(answer.body).metadata


def add_bodies(event: dict[str, Any], request: Request, record: Record, answer: Response | None) -> None:
    """Add the bodies that the level asks for."""
    decision = record.decision
    if decision.has_request and record.body:
        event["requestObject"] = _sent(request, record.body)
    if decision.has_response and answer is not None:
        event["responseObject"] = _answered(answer)
    for name in ("requestObject", "responseObject"):
        if event.get(name) is None:
            event.pop(name, None)
        elif decision.omit_managed_fields:
            _drop_managed_fields(event[name])


def _sent(request: Request, body: bytes) -> Any:
    content_type = request.headers.get("content-type")
    decode = bodies.decode_patch if request.method == PATCH else bodies.decode_object
    try:
        return decode(content_type, body).obj
    except ApiError:
        return None


def _answered(answer: Response) -> Any:
    try:
        if answer.content_type == _YAML:
            import yaml  # noqa: PLC0415 - hardly anybody asks for YAML

            return yaml.safe_load(answer.body)
        return orjson.loads(answer.body) if answer.content_type.startswith(_JSON) else None
    except ValueError:
        return None


def _drop_managed_fields(document: Any) -> None:
    """Take managed fields off an object, the items of a list and the rows of a table."""
    if not isinstance(document, dict):
        return
    if isinstance(document.get("metadata"), dict):
        document["metadata"].pop("managedFields", None)
    for item in document.get("items") or ():
        _drop_managed_fields(item)
    for row in document.get("rows") or ():
        _drop_managed_fields(row.get("object"))


def _uri(request: Request) -> str:
    path = request.path
    if "hooks/" in path:
        path = _SECRET_PATHS.sub(r"\1REDACTED", path)
    if request.cluster != "local":
        path = f"/clusters/{request.cluster}{path}"
    return f"{path}?{request.query_text}" if request.query_text else path


@lru_cache(256)
def _user(user: User) -> dict[str, object]:
    """Return a user as events show it. The dictionary is shared: it is only ever encoded."""
    return user.info() if user.name else {}


def _sources(request: Request) -> list[str]:
    """Return where a request says that it comes from, and last where it does come from."""
    headers = request.headers
    claimed = [part.strip() for part in headers.get("x-forwarded-for").split(",") if part.strip()]
    real = headers.get("x-real-ip").strip()
    if real and real not in claimed:
        claimed.append(real)
    if request.remote and claimed[-1:] != [request.remote]:
        claimed.append(request.remote)
    return claimed


def _reference(record: Record) -> dict[str, str]:
    target = record.target
    assert target is not None
    found = record.found or NOT_FOUND
    reference = {
        "resource": target.plural,
        "namespace": target.namespace or found.namespace,
        "name": target.name or found.name,
        "uid": found.uid,
        "apiGroup": target.group,
        "apiVersion": target.version,
        "resourceVersion": found.resource_version,
        "subresource": target.subresource,
    }
    return {name: value for name, value in reference.items() if value}


def _annotations(request: Request, record: Record) -> dict[str, str]:
    annotations = dict(request.annotations or {})
    if record.access:
        annotations["authorization.k8s.io/decision"] = record.access
        annotations["authorization.k8s.io/reason"] = record.reason
    if request.cluster != "local":
        annotations[CLUSTER_KEY] = request.cluster
    return annotations


def micro_time(moment: float) -> str:
    """Return a moment in the form of `metav1.MicroTime`."""
    second = int(moment)
    return f"{_second(second)}.{int((moment - second) * 1_000_000):06d}Z"


@lru_cache(4)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
