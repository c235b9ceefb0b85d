"""Patch: JSON patch, merge patch, strategic merge patch and server-side apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import field_notes, writing
from bouvier.apiserver.verbs.answers import answer_entry
from bouvier.apiserver.verbs.applied import check_applied_fields, check_applied_type, refuse_identity, untyped
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.expected_type import check_type
from bouvier.apiserver.verbs.unfit import sorted_json, unfit
from bouvier.apiserver.verbs.updating import change_object, check_name
from bouvier.apiserver.versions import as_stored, as_viewed
from bouvier.apiserver.wire import bodies
from bouvier.kinds import schemas
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.patches.apply import apply
from bouvier.meta.patches.json import json_patch
from bouvier.meta.patches.merge import merge_patch
from bouvier.meta.patches.strategic import strategic_merge_patch
from bouvier.util.clock import now_text


async def patch(call: Call) -> Response:
    """Change the object (or its status) as the body describes."""
    media, document, notes = await _read(call)
    if media in bodies.APPLY_PATCHES:
        entry, is_new = await _apply(call, document, notes)
        return await answer_entry(call, entry, 201 if is_new else 200)
    transform = _transform(call, media, document)

    async def change(old: Obj) -> Obj:
        new = transform(await as_viewed(call.view, old))
        _check_patched(call, new, media, document, notes)
        return await as_stored(call, new)

    # A conversion may change the object that it is given.
    return await answer_entry(call, await change_object(call, change, is_pure=not call.view.is_converted))


async def _read(call: Call) -> tuple[str, Any, list[str]]:
    """Return media type and document of a patch, and what is to be said of fields that occur twice."""
    content_type = call.request.headers.get("Content-Type", "")
    strictness = writing.field_validation(call)
    body = await call.request.read()
    decoded = bodies.decode_patch(content_type, body, find_duplicates=strictness != "Ignore")
    media = bodies.media_type(content_type)
    return media, decoded.obj, field_notes.of_patch(media, decoded.obj, decoded.duplicates)


def _transform(call: Call, media: str, document: object) -> Callable[[Obj], Obj]:
    if media == bodies.JSON_PATCH:
        return lambda old: json_patch(old, document)
    if media == bodies.MERGE_PATCH:
        return lambda old: merge_patch(old, document)
    if not call.view.definition:
        raise ApiError(
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include:"
            " application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml,"
            " application/apply-patch+cbor",
        )
    structure = schemas.structure(call.view)
    return lambda old: strategic_merge_patch(old, document, structure)


def _check_patched(call: Call, new: Obj, media: str, document: Any, notes: list[str]) -> None:
    if not isinstance(new, dict) or not isinstance(new.get("metadata"), dict):
        raise bad_request("the patch leaves no object with metadata")
    view = call.view
    if not view.is_custom:
        new.setdefault("apiVersion", view.resource.api_version)
        new.setdefault("kind", view.resource.kind)
    elif not new.get("kind"):
        raise unfit(view, media, document, new, f"Object 'Kind' is missing in '{sorted_json(new)}'")
    check_type(new, view)
    check_name(call, new)
    writing.place(call, new)
    is_strategic = media == bodies.STRATEGIC_MERGE_PATCH
    tell = field_notes.after(notes, is_sorted=True, is_inner_first=is_strategic)
    writing.check_fields(call, view, new, tell, refuse=lambda why: unfit(view, media, document, new, why))


def _keep_to_url(call: Call, applied: Obj) -> None:
    """Drop what this URL does not write, so that nobody comes to own it: status here, everything else there."""
    if call.target.subresource == "status":
        for field in [f for f in applied if f not in ("apiVersion", "kind", "metadata", "status")]:
            del applied[field]
    elif call.kind.has_status and not call.target.subresource:
        applied.pop("status", None)


async def _apply(call: Call, applied: Obj, notes: list[str]) -> tuple[Entry, bool]:
    """Server-side apply: create the object, or merge what this manager wants into it."""
    manager = call.request.query["fieldManager"]
    if applied.get("metadata") is None:
        applied["metadata"] = {}
    check_applied_type(call.view, applied)
    name = applied["metadata"].setdefault("name", call.target.name)
    check_name(call, applied)
    writing.place(call, applied)
    check_applied_fields(call, call.view, applied, notes)
    applied = await as_stored(call, applied)
    if applied["metadata"].get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    _keep_to_url(call, applied)
    force = call.request.flag("force")

    def merged(live: Obj | None) -> Obj:
        with untyped(applied):
            whole = apply(
                live,
                applied,
                manager,
                schemas.structure(call.kind),
                api_version=call.kind.resource.api_version,
                now=now_text(),
                force=force,
                subresource=call.target.subresource,
            )
        if call.kind.schema is not None and not call.kind.is_custom:
            writing.check_fields(call, call.kind, whole, field_notes.unknown_fields)
        return whole

    is_new = call.cache.entries.get(f"{call.key('').namespace}/{name}") is None
    if is_new and not call.target.subresource:
        refuse_identity(call, applied)
        try:
            return await create_object(call, merged(None), record=False), True
        except ApiError as error:
            if error.reason != "AlreadyExists":
                raise
    return await change_object(call, merged, record=False, is_pure=True), False
