"""`auditevents` of `audit.bouvier.io/v1`: the audit log as a list, newest first.

Beside `limit` and `continue` the parameters are those of `query.PARAMETERS`. A page may hold fewer events than asked for, even
none, and lead on: a request reads a part of the log only.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import orjson

from bouvier.apiserver.audit import reading
from bouvier.apiserver.audit.policy import COMPLETE
from bouvier.apiserver.audit.query import parse_query
from bouvier.apiserver.audit.reading import Position
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.listing import write_list
from bouvier.kinds.audit_v1.auditevents import RESOURCE
from bouvier.meta.errors import ApiError, bad_request, gone

PAGE_EVENTS = 500
"""As many as kubectl asks for at a time."""


async def answer_events(call: Call, verb: str) -> Response:  # noqa: ARG001 - listing is the only verb
    """Answer with a page of events."""
    log, request = call.context.audit_log, call.request
    if log is None:
        raise ApiError("ServiceUnavailable", "this server writes no audit log: see --audit-log-path and its policy")
    query = parse_query(request.query, call.cluster, call.target.namespace)
    limit = _limit(request.query.get("limit", ""))
    start = _decode(request.query["continue"]) if request.query.get("continue") else None
    call.context.auditor.flush()
    await log.batcher.flush()
    try:
        found = await asyncio.to_thread(reading.find, log.path, query, limit, start)
    except reading.PositionLostError:
        raise gone("the rest of the list was rotated away: start again without the continue token") from None
    metadata: dict[str, object] = {"resourceVersion": str(call.context.hub.revision)}
    if found.rest is not None:
        metadata["continue"] = _encode(found.rest)
    return write_list(call, [_entry(event) for event in found.events], metadata)


def _entry(event: dict[str, Any]) -> Entry:
    """Return an event as an object of ours: upstream's fields behind a name and a time."""
    reference = event.get("objectRef") or {}
    namespace = reference.get("namespace", "")
    stage = event.get("stage", COMPLETE)
    name = event.get("auditID", "") + ("" if stage == COMPLETE else f"-{stage.lower()}")
    moment = event.get("stageTimestamp", "")
    metadata = {"name": name, "namespace": namespace, "creationTimestamp": moment[:19] + "Z" if moment else None}
    obj = {
        **event,
        "kind": RESOURCE.kind,
        "apiVersion": RESOURCE.api_version,
        "metadata": {key: value for key, value in metadata.items() if value},
    }
    return Entry(namespace, name, orjson.dumps(obj), 0)


def _limit(text: str) -> int:
    if text and not (text.isdecimal() and len(text) < 10):
        raise bad_request(f"limit: {text!r} is not a number")
    return min(int(text or 0) or PAGE_EVENTS, PAGE_EVENTS)


def _encode(position: Position) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(tuple(position))).decode()


def _decode(token: str) -> Position:
    try:
        inode, end = orjson.loads(base64.urlsafe_b64decode(token))
        return Position(int(inode), int(end))
    except (ValueError, TypeError) as error:
        raise bad_request("continue key is not valid: it must be the text that an earlier list returned") from error
