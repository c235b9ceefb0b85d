"""Putting what a webhook or policy made of an object in its place, if it is still a valid object of its kind."""

from __future__ import annotations

from bouvier.apiserver.extension.attributes import Attributes
from bouvier.apiserver.versions import as_stored
from bouvier.kinds import schemas
from bouvier.meta.errors import ApiError, invalid_object
from bouvier.meta.objects import Obj, name_of

_FIXED = ("name", "namespace", "uid")


async def take_over(attributes: Attributes, before: Obj, after: Obj) -> bool:
    """Let the write have the changed object; tell whether it is changed at all.

    Raises:
        ApiError: the changed object is not one of its kind, or became another object.

    """
    if after == before:
        return False
    view, operation = attributes.view, attributes.operation
    _check(attributes, before, after)
    findings = schemas.check(view, after)
    if findings.malformed:
        raise ApiError("InternalError", f"Internal error occurred: {findings.malformed}")
    if findings.errors and not view.is_custom:
        raise invalid_object(view.resource.group, view.resource.kind, name_of(after), findings.errors)
    if findings.needs_pruning:
        schemas.prune(view, after, findings)
    stored = await as_stored(attributes.call, after, view)
    attributes.call.kind.default(stored)
    assert operation.obj is not None
    operation.obj.clear()
    operation.obj.update(stored)
    operation.changes += 1
    return True


def _check(attributes: Attributes, before: Obj, after: Obj) -> None:
    if not isinstance(after.get("metadata"), dict):
        raise ApiError("InternalError", "Internal error occurred: a mutation left no metadata")
    for field in ("apiVersion", "kind"):
        if after.get(field) != before.get(field):
            raise ApiError("InternalError", f"Internal error occurred: a mutation must not change {field}")
    for field in _FIXED:
        if after["metadata"].get(field) != before["metadata"].get(field):
            raise ApiError("InternalError", f"Internal error occurred: a mutation must not change metadata.{field}")
    del attributes
