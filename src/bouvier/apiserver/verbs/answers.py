"""Answers made of cached objects, in the representation that the client negotiated."""

from __future__ import annotations

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Request, Response
from bouvier.apiserver.versions import all_shown, shown
from bouvier.apiserver.wire import negotiate, partial, table
from bouvier.apiserver.wire.cbor_body import cbor_from_json
from bouvier.apiserver.wire.json_body import pretty_json
from bouvier.apiserver.wire.protobuf.envelope import has_message
from bouvier.apiserver.wire.protobuf_body import protobuf_from_json
from bouvier.apiserver.wire.yaml_body import yaml_from_json
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj

_HUMAN_AGENTS = ("curl", "Wget")
_TRUE = ("1", "t", "T", "true", "TRUE", "True")
_ORDERS = ("binding", "eviction", "token")
"""Subresources that are answered with neither an object nor a table."""
_STREAMS = ("attach", "exec", "log", "portforward", "proxy")
"""Subresources that are answered with bytes."""


def rendering_of(call: Call) -> negotiate.Rendering:
    """Return how the client wants objects written."""
    return negotiate.for_objects(call.request.headers.get("Accept", ""))


def check_acceptable(call: Call, verb: str) -> None:
    """Refuse a request whose answer the client would not take, before anything is done.

    Raises:
        ApiError: NotAcceptable.

    """
    accept = call.request.headers.get("Accept", "")
    subresource = call.target.subresource
    if verb == "watch":
        rendering = negotiate.for_watches(accept)
    elif subresource in _ORDERS or call.view.verbs == ("create",):
        rendering = negotiate.for_answers(accept)
    elif subresource not in _STREAMS:
        rendering = negotiate.for_objects(accept)
    else:
        return
    if rendering.media != negotiate.JSON:
        _check_form(call, rendering)


def _check_form(call: Call, rendering: negotiate.Rendering) -> None:
    """Refuse protobuf for kinds that have none; metadata alone has it for every kind."""
    if not rendering.media.startswith(negotiate.PROTOBUF) or rendering.transform:
        return
    resource, part = call.view.resource, call.view.subresources.get(call.target.subresource)
    shown = (resource.api_version, resource.kind)
    if part is not None:
        shown = (f"{part.group}/{part.version}".removeprefix("/"), part.kind)
    if not has_message(*shown):
        raise negotiate.no_protobuf_form()


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
    return written(call.request, rendering, body, status)


def render_object(call: Call, obj: Obj, status: int = 200) -> Response:
    """Answer with an object that is not (or not like this) in the store."""
    return written(call.request, rendering_of(call), codec.dumps(obj), status)


def render_part(call: Call, kind: Kind, part: Obj, revision: int) -> Response:
    """Answer with a part of a stored object that is an object of another kind, in a table with that kind's columns."""
    rendering = rendering_of(call)
    if rendering.transform != "Table":
        return render_object(call, part)
    entry = Entry("", part["metadata"]["name"], codec.dumps(part), revision)
    include = call.request.query.get("includeObject", "Metadata")
    return written(call.request, rendering, table.render_one(kind, entry, rendering.version, include))


def written(request: Request, rendering: negotiate.Rendering, body: bytes, status: int = 200) -> Response:
    """Return the answer with a body that is JSON so far, in the negotiated form."""
    return rewritten(request, rendering, Response(status, body))


def rewritten(request: Request, rendering: negotiate.Rendering, answer: Response) -> Response:
    """Return an answer that is JSON so far in the negotiated form; only compact JSON may stay in pieces."""
    media = rendering.media
    if media != negotiate.JSON:
        return answer._replace(body=_FROM_JSON[media](answer.whole()), content_type=media, pieces=None)
    return (
        answer._replace(body=pretty_json(answer.whole()), pieces=None) if _is_for_people(request, rendering) else answer
    )


_FROM_JSON = {
    negotiate.YAML: yaml_from_json,
    negotiate.CBOR: cbor_from_json,
    negotiate.PROTOBUF: protobuf_from_json,
}


def _is_for_people(request: Request, rendering: negotiate.Rendering) -> bool:
    """Tell whether JSON is indented: as the query says, otherwise for command line tools and pages of browsers.

    The original indents whatever a browser asks for; here a script's own requests get the compact form.
    """
    asked = request.query.get("pretty", "") if "pretty" in request.query_text else ""
    if asked:
        return asked in _TRUE
    return rendering.is_pretty or request.headers.get("User-Agent").startswith(_HUMAN_AGENTS)
