"""Event as `events.k8s.io/v1` shows it: the same stored object as the core group's, with other names for its fields.

Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bouvier.kinds import fields
from bouvier.kinds.core_v1 import events as core
from bouvier.kinds.kind import Column, no_update_errors
from bouvier.meta.errors import FieldError, required
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("events.k8s.io", "v1", "events", "Event")
TYPES = ("Normal", "Warning")
MAX_TEXT, MAX_NOTE = 128, 1024
_NAMES = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
"""Fields that the two groups call differently, theirs first."""
_CORE_NAMES = {core_name: name for name, core_name in _NAMES.items()}


def to_core(obj: Obj) -> Obj:
    """Return the stored form."""
    return {_NAMES.get(name, name): value for name, value in obj.items()} | {"apiVersion": "v1"}


def from_core(obj: Obj) -> Obj:
    """Return a stored event with the names of this group."""
    return {_CORE_NAMES.get(name, name): value for name, value in obj.items()} | {"apiVersion": "events.k8s.io/v1"}


def validate(obj: Obj) -> list[FieldError]:
    """Check what this group demands of new events beyond the core group."""
    return list(_errors(obj))


def _errors(obj: Obj) -> Iterator[FieldError]:
    if not obj.get("eventTime"):
        yield required("eventTime")
    if not obj.get("reportingController"):
        yield required("reportingController")
    for name in ("reportingInstance", "action", "reason"):
        value = str(obj.get(name) or "")
        if not value:
            yield required(name)
        elif len(value) > MAX_TEXT:
            yield fields.invalid(name, "", f"can have at most {MAX_TEXT} characters")
    if len(str(obj.get("note") or "").encode()) > MAX_NOTE:
        yield fields.invalid("note", "", f"can have at most {MAX_NOTE} characters")
    if obj.get("type") not in TYPES:
        yield fields.invalid("type", obj.get("type") or "", "has invalid value: must be Normal or Warning")
    for name in ("deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount"):
        if obj.get(name):
            yield fields.invalid(name, obj[name], "needs to be unset")


def _column(column: Column) -> Column:
    return column._replace(value=lambda obj: column.value(to_core(obj)))


KIND = replace(
    core.KIND,
    resource=RESOURCE,
    definition="io.k8s.api.events.v1.Event",
    columns=tuple(map(_column, core.KIND.columns)),
    stored_in=("", "v1", "events"),
    to_storage=to_core,
    from_storage=from_core,
    validate=validate,
    validate_update=no_update_errors,
)
