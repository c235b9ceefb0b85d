"""What every write has in common before it is judged: reading the body, its place, generation and managers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.apiserver.context import Call
from bouvier.apiserver.verbs import field_notes
from bouvier.apiserver.verbs.expected_type import check_type
from bouvier.apiserver.verbs.field_notes import Tell
from bouvier.apiserver.wire import bodies
from bouvier.kinds import schemas
from bouvier.kinds.decoding import check_value
from bouvier.kinds.definitions import OBJECT_META
from bouvier.kinds.findings import SchemaFindings
from bouvier.kinds.kind import Kind
from bouvier.kinds.pruning import drop_absent
from bouvier.meta.errors import ApiError, bad_request, invalid_object
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.patches import managed
from bouvier.util.clock import now_text

Refuse = Callable[[str], ApiError]
"""From why an object does not decode as its kind to the error that says so."""

_CANNOT = "json: cannot unmarshal"
_INTO_METADATA = "into Go struct field {}.metadata of type v1.ObjectMeta"
_ENVELOPE = ("apiVersion", "kind", "metadata")
"""What every object has: what is wrong with it is found before anything looks into it."""


async def read_object(call: Call, kind: Kind) -> Obj:
    """Return the body as an object of this kind, its unknown fields dropped, warned of or refused as asked.

    Raises:
        ApiError: BadRequest, UnsupportedMediaType or RequestEntityTooLarge.

    """
    body = await call.request.read()
    content_type = call.request.headers.get("Content-Type", "application/json")
    resource = kind.resource
    strictness = field_validation(call)
    decoded = bodies.decode_object(
        content_type,
        body,
        (resource.api_version, resource.kind),
        find_duplicates=strictness != "Ignore",
        must_say_kind=kind.is_custom,
    )
    obj: Obj = decoded.obj
    check_type(obj, kind)
    if obj.get("metadata") is None:
        obj["metadata"] = {}
    elif not isinstance(obj["metadata"], dict):
        raise bad_request(
            _as(kind, f"{_CANNOT} {bodies.go_word(obj['metadata'])} {_INTO_METADATA.format(kind.resource.kind)}")
        )
    repeated = decoded.duplicates

    def tell(unknown: list[str]) -> list[str]:
        return field_notes.of_body(kind, content_type, body, repeated, is_strict=strictness == "Strict")(unknown)

    check_fields(call, kind, obj, tell, has_notes=bool(repeated))
    return obj


def field_validation(call: Call) -> str:
    """Return what to do with unknown fields: `Ignore`, `Warn` (the default) or `Strict`."""
    return call.request.query.get("fieldValidation") or "Warn"


def check_fields(
    call: Call,
    kind: Kind,
    obj: Obj,
    tell: Tell,
    *,
    has_notes: bool = True,
    is_part: bool = False,
    refuse: Refuse | None = None,
) -> None:
    """Check types against the schema, and treat unknown and duplicate fields as the request says.

    `tell` words them, `has_notes` says that there may be something to tell besides unknown fields; `is_part` says that fields may be missing, since only some are sent; `refuse` makes the error of
    an object that does not decode as its kind, if not a plain BadRequest.

    Raises:
        ApiError: BadRequest for wrong types or, when Strict, unknown fields; Invalid for custom kinds.

    """
    resource = kind.resource
    if kind.is_custom and kind.schema is not None:
        drop_absent(kind.schema, obj)
    findings = schemas.check(kind, obj)
    if findings.malformed:
        raise bad_request(findings.malformed) if refuse is None else refuse(_reason(findings.malformed))
    if kind.is_custom:  # the rest is checked when defaults are filled and admission has had its say
        _check_envelope(kind, obj, findings, refuse)
    if is_part:
        findings.errors = [error for error in findings.errors if error.kind != "FieldValueRequired"]
    if findings.errors:
        raise invalid_object(resource.group, resource.kind, name_of(obj), findings.errors)
    notes = tell(findings.unknown) if findings.unknown or has_notes else []
    strictness = field_validation(call) if notes else ""
    if strictness == "Strict":
        why = f"strict decoding error: {', '.join(dict.fromkeys(notes))}"
        raise bad_request(_as(kind, why)) if refuse is None else refuse(why)
    if strictness == "Warn":
        call.request.warnings += notes
    if findings.needs_pruning:
        schemas.prune(kind, obj, findings)


def _as(kind: Kind, why: str) -> str:
    resource = kind.resource
    return f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}'


def _check_envelope(kind: Kind, obj: Obj, findings: SchemaFindings, refuse: Refuse | None) -> None:
    """Refuse a custom object whose metadata do not decode; leave of the findings what that does not explain."""
    findings.errors = [error for error in findings.errors if error.field.partition(".")[0] in _ENVELOPE]
    if findings.errors:
        why = check_value(OBJECT_META, obj["metadata"]).malformed
        if why:
            raise bad_request(_as(kind, why)) if refuse is None else refuse(why)


def _reason(malformed: str) -> str:
    """Return why a body does not decode, without the words that say as what."""
    return malformed.partition(" cannot be handled as a ")[2].partition(": ")[2] or malformed


REPEATED_OWNERS = (
    ".metadata.ownerReferences contains duplicate entries{}; API server dedups owner references in 1.20+, and may reject"
    " such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}"
)


def unrepeat_owners(call: Call, obj: Obj, *, after_admission: bool = False) -> None:
    """Leave of equal owner references one, with a warning."""
    owners = obj["metadata"].get("ownerReferences")
    if not owners or len(owners) == 1:
        return
    kept: list[Obj] = []
    repeated: list[str] = []
    for owner in owners:
        if owner in kept:
            repeated.append(str(owner.get("uid", "")))
        else:
            kept.append(owner)
    if repeated:
        obj["metadata"]["ownerReferences"] = kept
        when = " after mutating admission happens" if after_admission else ""
        call.request.warnings.append(REPEATED_OWNERS.format(when, ", ".join(repeated)))


_DROPPED_WHEN_EMPTY = ("labels", "annotations", "finalizers", "ownerReferences")


def drop_empty(metadata: Obj) -> None:
    """Drop maps and lists of the metadata that hold nothing: they are the same as none."""
    if all(metadata.values()):
        return
    for field in _DROPPED_WHEN_EMPTY:
        if field in metadata and not metadata[field]:
            del metadata[field]


def place(call: Call, obj: Obj) -> None:
    """Give the object the namespace of the URL.

    Raises:
        ApiError: BadRequest when it names another one.

    """
    metadata = obj["metadata"]
    if not call.kind.resource.namespaced:
        metadata.pop("namespace", None)
        return
    given = metadata.setdefault("namespace", call.target.namespace)
    if given != call.target.namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def record_manager(call: Call, old: Obj | None, new: Obj, subresource: str = "") -> None:
    """Note in managedFields who changed what."""
    managed.track(
        old,
        new,
        call.manager,
        schemas.structure(call.kind),
        api_version=call.kind.resource.api_version,
        now=now_text(),
        subresource=subresource,
    )


def bump_generation(kind: Kind, new: Obj, old: Obj) -> None:
    """Count a change of anything but metadata and status."""
    if not kind.has_generation:
        return
    generation = old["metadata"].get("generation", 1)
    new["metadata"]["generation"] = generation + (1 if _desired(new) != _desired(old) else 0)


def _desired(obj: Obj) -> dict[str, Any]:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status", "apiVersion", "kind")}
