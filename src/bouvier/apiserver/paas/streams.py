"""ImageStreamTag and ImageStreamMapping: a view on the streams, and the one way in which their history grows."""

from __future__ import annotations

import orjson

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.selection import select
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.paas.calls import internal_call
from bouvier.apiserver.request import Answer, Response
from bouvier.apiserver.verbs import judging, writing
from bouvier.apiserver.verbs.answers import render_entry, render_object
from bouvier.apiserver.verbs.listing import selection_of, write_list
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.image_v1.imagestreams import note_image
from bouvier.kinds.image_v1.imagestreamtags import tags_of
from bouvier.meta.objects import Obj, name_of, namespace_of
from bouvier.meta.resources import IMAGESTREAMS
from bouvier.util.clock import now_text


async def answer_tags(call: Call, verb: str) -> Answer | None:
    """Answer get and list of tags."""
    entries = list(_entries(call))
    if verb == "get":
        for entry in entries:
            if entry.name == call.target.name:
                return render_entry(call, entry)
        raise call.missing()
    selection = selection_of(call)
    chosen = [entry for entry in entries if selection.matches(entry)]
    return write_list(call, chosen, {"resourceVersion": str(call.context.hub.revision)})


def _entries(call: Call) -> list[Entry]:
    cache = call.context.hub.resource(call.cluster, IMAGESTREAMS.group, IMAGESTREAMS.plural)
    streams = cache.select(select(call.target.namespace, "", "", {}))
    return [
        Entry(namespace_of(tag), name_of(tag), orjson.dumps(tag), stream.revision)
        for stream in streams
        for tag in tags_of(stream.decode())
    ]


async def answer_mapping(call: Call, verb: str) -> Answer | None:  # noqa: ARG001 - creating is the only verb
    """Write into a stream that a tag means another image now."""
    mapping = await writing.read_object(call, call.view)
    writing.place(call, mapping)
    judging.validate(call, mapping, None)
    await tag_image(call.context, call.cluster, call.target.namespace, mapping)
    return _created(call, mapping)


async def tag_image(context: Context, cluster: str, namespace: str, mapping: Obj) -> None:
    """Add an image to the history of a tag, unless it is the newest one there already."""
    image = mapping["image"]

    def change(stream: Obj) -> Obj:
        note_image(stream, mapping["tag"], image["metadata"]["name"], image["dockerImageReference"], now_text())
        repository = image["dockerImageReference"].partition("@")[0]
        stream["status"].setdefault("dockerImageRepository", repository)
        return stream

    target = internal_call(context, cluster, IMAGESTREAMS, namespace, name_of(mapping), subresource="status")
    await change_object(target, change)


def _created(call: Call, mapping: Obj) -> Response:
    return render_object(call, mapping, 201)
