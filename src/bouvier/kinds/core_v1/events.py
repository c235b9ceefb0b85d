"""Event: a note about something that happened to an object."""

from __future__ import annotations

from bouvier.kinds import fields
from bouvier.kinds.columns import WIDE, at, cell, name_cell, text
from bouvier.kinds.kind import Column, Kind
from bouvier.meta.errors import FieldError
from bouvier.meta.objects import Obj, namespace_of
from bouvier.meta.resources import EVENTS
from bouvier.util.durations import age_text

_CLUSTER_NAMESPACES = ("default", "kube-system")
"""Where events about objects without a namespace live."""
_INVOLVED = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")


def validate(obj: Obj) -> list[FieldError]:
    """Check that the event lives where its object does."""
    about = (obj.get("involvedObject") or {}).get("namespace") or ""
    own = namespace_of(obj)
    if about == own or (not about and own in _CLUSTER_NAMESPACES):
        return []
    return [fields.invalid("involvedObject.namespace", about, "does not match event.namespace")]


def _first_seen(obj: Obj) -> str:
    return age_text(obj.get("firstTimestamp") or obj.get("eventTime"))


def _last_seen(obj: Obj) -> str:
    observed = (obj.get("series") or {}).get("lastObservedTime")
    moment = observed or obj.get("lastTimestamp")
    return age_text(moment) if moment else _first_seen(obj)


def _count(obj: Obj) -> int:
    return int((obj.get("series") or {}).get("count") or obj.get("count") or 1)


def _object(obj: Obj) -> str:
    about = obj.get("involvedObject") or {}
    kind = str(about.get("kind") or "").lower()
    return f"{kind}/{about['name']}" if about.get("name") else kind


def _source(obj: Obj) -> str:
    source = obj.get("source") or {}
    parts = [
        source.get("component") or obj.get("reportingComponent"),
        source.get("host") or obj.get("reportingInstance"),
    ]
    return ", ".join(str(part) for part in parts if part)


def _component(obj: Obj) -> str:
    return str((obj.get("source") or {}).get("component") or obj.get("reportingComponent") or "")


KIND = Kind(
    resource=EVENTS,
    singular="event",
    definition="io.k8s.api.core.v1.Event",
    short_names=("ev",),
    columns=(
        cell("Last Seen", _last_seen),
        text("Type", "type"),
        text("Reason", "reason"),
        cell("Object", _object),
        text("Subobject", "involvedObject", "fieldPath", priority=WIDE),
        cell("Source", _source, WIDE),
        cell("Message", lambda obj: str(obj.get("message") or "").strip()),
        cell("First Seen", _first_seen, WIDE),
        cell("Count", _count, WIDE),
        Column("Name", name_cell, format="name", priority=WIDE),
    ),
    selectable={
        **{f"involvedObject.{field}": at("involvedObject", field) for field in _INVOLVED},
        # What events.k8s.io calls them; the selectors of both groups are answered from one stored form.
        **{f"regarding.{field}": at("involvedObject", field) for field in _INVOLVED},
        "reportingController": at("reportingComponent"),
        "reason": at("reason"),
        "reportingComponent": at("reportingComponent"),
        "source": _component,
        "type": at("type"),
    },
    validate=validate,
)
