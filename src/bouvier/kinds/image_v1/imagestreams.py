"""ImageStream: names for images, each with the history of what it meant.

`status` is written by the server alone: when the registry was pushed to, and when a tag of the spec names another image.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bouvier.kinds import fields
from bouvier.kinds.build_v1.shapes import ANY, FLAG, REFERENCE, TEXT, TEXT_MAP, WHOLE, document, shape
from bouvier.kinds.columns import AGE, NAME, cell, value_at
from bouvier.kinds.kind import Kind, Subresource
from bouvier.kinds.subresources import with_status
from bouvier.meta.errors import FieldError, forbidden_field, required
from bouvier.meta.objects import Obj
from bouvier.meta.resources import IMAGESTREAMS

HISTORY_LENGTH = 10
"""Images remembered of one tag; older ones can be pruned from the registry."""
TAG_FROM = ("DockerImage", "ImageStreamTag")

_TAG = shape(
    name=TEXT,
    annotations=TEXT_MAP,
    generation=WHOLE,
    reference=FLAG,
    importPolicy=shape(scheduled=FLAG, insecure=FLAG, importMode=TEXT),
    referencePolicy=shape(type=TEXT),
    **{"from": REFERENCE},
)
_ITEM = shape(created=TEXT, dockerImageReference=TEXT, image=TEXT, generation=WHOLE)
_TAG_EVENTS = shape(tag=TEXT, items={"type": "array", "items": _ITEM}, conditions={"type": "array", "items": ANY})
_SPEC = shape(dockerImageRepository=TEXT, lookupPolicy=shape(local=FLAG), tags={"type": "array", "items": _TAG})
_STATUS = shape(
    dockerImageRepository=TEXT,
    publicDockerImageRepository=TEXT,
    tags={"type": "array", "items": _TAG_EVENTS},
)


def default(obj: Obj) -> None:
    """Fill what the reference policy leaves open."""
    for tag in (obj.get("spec") or {}).get("tags") or ():
        tag.setdefault("referencePolicy", {}).setdefault("type", "Source")


def validate(obj: Obj) -> list[FieldError]:
    """Check the tags of the spec."""
    return list(_errors(obj.get("spec") or {}))


def _errors(spec: Obj) -> Iterator[FieldError]:
    if spec.get("dockerImageRepository"):
        yield forbidden_field("spec.dockerImageRepository", "importing whole repositories is not there")
    if value_at(spec, ("lookupPolicy", "local")):
        yield forbidden_field("spec.lookupPolicy.local", "is not there: name the image's full reference")
    for index, tag in enumerate(spec.get("tags") or ()):
        path = f"spec.tags[{index}]"
        if not tag.get("name"):
            yield required(f"{path}.name")
        if value_at(tag, ("importPolicy", "scheduled")):
            yield forbidden_field(f"{path}.importPolicy.scheduled", "scheduled import is not there")
        origin = tag.get("from")
        if origin:
            yield from fields.one_of(f"{path}.from.kind", origin.get("kind"), TAG_FROM)
            if not origin.get("name"):
                yield required(f"{path}.from.name")


def tag_events(stream: Obj, tag: str) -> list[dict[str, Any]]:
    """Return the history of a tag, newest first."""
    for events in value_at(stream, ("status", "tags")) or ():
        if events.get("tag") == tag:
            return list(events.get("items") or ())
    return []


def newest(stream: Obj, tag: str) -> dict[str, Any] | None:
    """Return what a tag means now, None while it means nothing."""
    events = tag_events(stream, tag)
    return events[0] if events else None


def note_image(stream: Obj, tag: str, image: str, reference: str, now: str) -> bool:
    """Write into the status that a tag means another image now; tell whether that was new."""
    status = stream.setdefault("status", {})
    tags = status.setdefault("tags", [])
    events = next((one for one in tags if one["tag"] == tag), None)
    if events is None:
        events = {"tag": tag, "items": []}
        tags.append(events)
        tags.sort(key=lambda one: str(one["tag"]))
    items = events["items"]
    if items and items[0]["image"] == image and items[0]["dockerImageReference"] == reference:
        return False
    item = {"created": now, "dockerImageReference": reference, "image": image, "generation": len(items) + 1}
    if items:
        item["generation"] = items[0].get("generation", 0) + 1
    events["items"] = [item, *items][:HISTORY_LENGTH]
    return True


def _tags(obj: Obj) -> str:
    names = [str(one["tag"]) for one in value_at(obj, ("status", "tags")) or ()]
    shown = ",".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} + {len(names) - 3} more..."


def _updated(obj: Obj) -> str:
    moments = [one["items"][0]["created"] for one in value_at(obj, ("status", "tags")) or () if one.get("items")]
    return max(moments, default="")


KIND = Kind(
    resource=IMAGESTREAMS,
    singular="imagestream",
    definition="",
    short_names=("is",),
    categories=("all",),
    schema=document(_SPEC, _STATUS),
    subresources=with_status(IMAGESTREAMS)
    | {"layers": Subresource("layers", "ImageStreamLayers", IMAGESTREAMS.group, "v1", ("get",))},
    has_generation=True,
    default=default,
    validate=validate,
    columns=(
        NAME,
        cell("Image Repository", lambda obj: str(value_at(obj, ("status", "dockerImageRepository")) or "")),
        cell("Tags", _tags),
        cell("Updated", _updated),
        AGE,
    ),
)
