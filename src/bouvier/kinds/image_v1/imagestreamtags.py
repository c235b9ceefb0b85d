"""ImageStreamTag: one tag of an ImageStream with its newest image. A view: nothing is stored under this name."""

from __future__ import annotations

from collections.abc import Iterator

from bouvier.kinds.build_v1.shapes import ANY, TEXT, WHOLE, shape
from bouvier.kinds.columns import AGE, NAME, cell, text, value_at
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import IMAGESTREAMTAGS

_SCHEMA = shape(
    apiVersion=TEXT, kind=TEXT, metadata={"type": "object"}, tag=ANY, generation=WHOLE, image=ANY, lookupPolicy=ANY
)


def tags_of(stream: Obj) -> Iterator[Obj]:
    """Return every tag of a stream that means an image, as objects."""
    specs = {tag.get("name"): tag for tag in value_at(stream, ("spec", "tags")) or ()}
    for events in value_at(stream, ("status", "tags")) or ():
        if not events.get("items"):
            continue
        item, tag = events["items"][0], events["tag"]
        metadata = stream["metadata"]
        yield {
            "apiVersion": IMAGESTREAMTAGS.api_version,
            "kind": IMAGESTREAMTAGS.kind,
            "metadata": {
                "name": f"{name_of(stream)}:{tag}",
                "namespace": metadata.get("namespace", ""),
                "uid": metadata.get("uid", ""),
                "resourceVersion": metadata.get("resourceVersion", ""),
                "creationTimestamp": item["created"],
            },
            "tag": specs.get(tag),
            "generation": item.get("generation", 0),
            "image": {
                "metadata": {"name": item["image"], "creationTimestamp": item["created"]},
                "dockerImageReference": item["dockerImageReference"],
            },
        }


KIND = Kind(
    resource=IMAGESTREAMTAGS,
    singular="imagestreamtag",
    definition="",
    short_names=("istag",),
    verbs=("get", "list"),
    schema=_SCHEMA,
    name_rule="path",
    columns=(
        NAME,
        text("Image Reference", "image", "dockerImageReference"),
        cell("Updated", lambda obj: str(obj["metadata"].get("creationTimestamp") or "")),
        AGE,
    ),
)
