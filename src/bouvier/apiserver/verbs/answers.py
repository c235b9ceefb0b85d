"""Answers made of cached objects, in the representation that the client negotiated."""

from __future__ import annotations

import yaml

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.versions import all_shown, shown
from bouvier.apiserver.wire import negotiate, partial, table
from bouvier.meta.objects import Obj


def rendering_of(call: Call) -> negotiate.Rendering:
    """Return how the client wants objects written."""
    return negotiate.for_objects(call.request.headers.get("Accept", ""))


async def answer_entry(call: Call, entry: Entry, status: int = 200) -> Response:
    """Answer with one stored object, of whatever kind."""
    if call.view.convert is None:
        return render_entry(call, entry, status)
    return _rendered(call, (await all_shown(call.view, [entry]))[0], status)


def render_entry(call: Call, entry: Entry, status: int = 200) -> Response:
    """Answer with one stored object, of a kind that needs nobody's help to convert."""
    return _rendered(call, shown(call.view, entry), status)


def _rendered(call: Call, entry: Entry, status: int) -> Response:
    rendering = rendering_of(call)
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
