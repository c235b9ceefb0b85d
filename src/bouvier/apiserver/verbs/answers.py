"""Answers made of cached objects, in the representation that the client negotiated."""

from __future__ import annotations

import yaml

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.versions import shown
from bouvier.apiserver.wire import negotiate, partial, table
from bouvier.meta.objects import Obj


def rendering_of(call: Call) -> negotiate.Rendering:
    """Return how the client wants objects written."""
    return negotiate.for_objects(call.request.headers.get("Accept", ""))


def render_entry(call: Call, entry: Entry, status: int = 200) -> Response:
    """Answer with one stored object."""
    rendering = rendering_of(call)
    entry = shown(call.view, entry)
    body = entry.value
    if rendering.transform == "Table":
        include = call.request.query.get("includeObject", "Metadata")
        body = table.render_one(call.view, entry, rendering.version, include)
    elif rendering.transform:
        body = partial.render_one(entry, rendering.version)
    return _written(rendering, body, status)


def render_object(call: Call, obj: Obj, status: int = 200) -> Response:
    """Answer with an object that is not (or not like this) in the store."""
    return _written(rendering_of(call), codec.dumps(obj), status)


def _written(rendering: negotiate.Rendering, body: bytes, status: int) -> Response:
    if rendering.media == negotiate.YAML:
        return Response(status, yaml.safe_dump(codec.decode(body), sort_keys=False).encode(), negotiate.YAML)
    return Response(status, body)
