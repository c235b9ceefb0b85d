"""What every write has in common: reading the body, checking it, recording managers, storing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.context import Call
from bouvier.apiserver.verbs import field_notes
from bouvier.apiserver.verbs.expected_type import check_type
from bouvier.apiserver.verbs.field_notes import Tell
from bouvier.apiserver.wire import bodies
from bouvier.kinds import metadata as metadata_rules
from bouvier.kinds import schemas
from bouvier.kinds.decoding import check_value
from bouvier.kinds.definitions import OBJECT_META
from bouvier.kinds.findings import SchemaFindings
from bouvier.kinds.kind import Kind, Part
from bouvier.kinds.pruning import drop_absent
from bouvier.kinds.rules.compiled import has_rules
from bouvier.kinds.rules.embedded import check_embedded
from bouvier.kinds.rules.evaluated import check_rules
from bouvier.kinds.rules.lists import check_lists
from bouvier.kinds.rules.ratcheting import forgive
from bouvier.kinds.scales import scale_errors
from bouvier.meta.errors import ApiError, FieldError, already_exists, bad_request, invalid_object, modified
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.patches import managed
from bouvier.store.interface import KeyExistsError, RevisionMismatchError
from bouvier.util.clock import now_text

Refuse = Callable[[str], ApiError]
"""From why an object does not decode as its kind to the error that says so."""

_CANNOT = "json: cannot unmarshal"
_INTO_METADATA = "into Go struct field {}.metadata of type v1.ObjectMeta"
_ENVELOPE = ("apiVersion", "kind", "metadata")
"""What every object has: what is wrong with it is found before anything looks into it."""
BLOCKING = ("FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid")
"""Mistakes with which an object is not what its rules expect. Source: Kubernetes' `hasBlockingErr`."""
NOT_CHECKED = FieldError(
    "FieldValueInvalid",
    "<nil>",
    'Invalid value: "null": some validation rules were not checked because the object was invalid;'
    " correct the existing errors to complete validation",
)


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


def validate(call: Call, obj: Obj, old: Obj | None) -> None:
    """Check the whole object, and the change when there was one before.

    Raises:
        ApiError: Invalid with a cause for each wrong field.

    """
    kind = call.kind
    errors: list[FieldError] = metadata_rules.validate(obj, kind)
    if old is not None:
        errors += metadata_rules.validate_update(obj, old, kind)
    errors += kind.validate(obj)
    errors += kind.validate_create(obj) if old is None else kind.validate_update(obj, old)
    if kind.schema is not None:
        errors += _by_schema(call, obj, old)
    _refuse(kind, obj, errors)
    if kind.warn is not None:
        call.request.warnings += kind.warn(obj, old)


def validate_part(call: Call, part: Part, obj: Obj, old: Obj) -> None:
    """Check an object of which one part was written through a subresource of its own.

    Raises:
        ApiError: Invalid.

    """
    errors = metadata_rules.validate_update(obj, old, call.kind)
    _refuse(call.kind, obj, [*errors, *call.kind.validate(obj), *part.validate(obj, old)])


_OPEN = ("annotations", "finalizers", "labels", "ownerReferences")


def _is_noted(obj: Obj, old: Obj) -> bool:
    """Tell whether a write to the status changes anything of the metadata; hardly one does."""
    new, present = obj["metadata"], old["metadata"]
    return any(new.get(field) != present.get(field) for field in _OPEN)


def validate_status(call: Call, obj: Obj, old: Obj) -> None:
    """Check a new status: what its kind demands, of a custom kind all that its schema says.

    Raises:
        ApiError: Invalid.

    """
    kind = call.kind
    errors = metadata_rules.validate_update(obj, old, kind) if _is_noted(obj, old) else []
    errors += kind.validate_status(obj, old)
    if kind.schema is not None:
        errors += _by_schema(call, obj, old)
    _refuse(kind, obj, errors)


def _by_schema(call: Call, obj: Obj, old: Obj | None) -> list[FieldError]:
    """Return what a schema finds: types and ranges of custom kinds, then repeated elements and rules."""
    kind, errors = call.kind, []
    if kind.is_custom and kind.schema is not None:
        findings = schemas.check(kind, obj)
        if findings.errors and old is not None:
            call.request.warnings += forgive(kind.schema, findings, obj, old)
        errors = findings.errors + scale_errors(kind, obj)
        if any(error.kind in BLOCKING for error in errors):
            return errors + ([NOT_CHECKED] if has_rules(kind.schema) else [])
    return errors + _broken_rules(call, obj, old)


def _broken_rules(call: Call, obj: Obj, old: Obj | None) -> list[FieldError]:
    found = check_rules(call.kind, obj, old)
    call.request.warnings += found.warnings
    return check_embedded(call.kind, obj) + check_lists(call.kind, obj, old) + found.errors


def _refuse(kind: Kind, obj: Obj, errors: list[FieldError]) -> None:
    if errors:
        resource = kind.resource
        unique = list(dict.fromkeys(errors))
        raise invalid_object(
            resource.group, resource.kind, name_of(obj) or obj["metadata"].get("generateName", ""), unique
        )


def unconditional(call: Call, obj: Obj) -> ApiError:
    """Return the refusal of an update that does not say what it replaces, of a kind where it must."""
    resource = call.kind.resource
    detail = "Invalid value: 0x0: must be specified for an update"
    error = FieldError("FieldValueInvalid", "metadata.resourceVersion", detail)
    return invalid_object(resource.group, resource.kind, name_of(obj), [error])


def validate_as_sent(view: Kind, obj: Obj) -> None:
    """Check a new object by the rules of the group that it was sent to.

    Raises:
        ApiError: Invalid with a cause for each wrong field.

    """
    errors = view.validate(obj)
    if errors:
        resource = view.resource
        raise invalid_object(resource.group, resource.kind, name_of(obj), errors)


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


async def store_new(call: Call, key: StoreKey, obj: Obj) -> Entry:
    """Store a new object and return it as served.

    Raises:
        ApiError: AlreadyExists.

    """
    if not _has_numbers(key):
        return await _create(call, key, obj)
    if f"{key.namespace}/{key.name}" in call.cache.entries:
        raise already_exists(call.group_resource, key.name)  # before anything is claimed for it
    async with call.context.numbers.claimed(key, obj):
        return await _create(call, key, obj)


def _has_numbers(key: StoreKey) -> bool:
    """Tell whether numbers must be claimed for an object before it is stored."""
    return key.plural == "services" and not key.group


async def _create(call: Call, key: StoreKey, obj: Obj) -> Entry:
    context = call.context
    stored = codec.encode(obj)
    text = key.text()
    try:
        revision = await context.store.create(text, context.sealer.seal(text, stored, key.group, key.plural))
    except KeyExistsError:
        raise already_exists(call.group_resource, key.name) from None
    return await _served(call, key, stored, revision)


async def store_changed(call: Call, key: StoreKey, obj: Obj, expected: int) -> Entry:
    """Replace an object at its expected resourceVersion and return it as served.

    Raises:
        ApiError: Conflict when someone else was faster.

    """
    if not _has_numbers(key):
        return await _update(call, key, obj, expected)
    async with call.context.numbers.claimed(key, obj):
        return await _update(call, key, obj, expected)


async def _update(call: Call, key: StoreKey, obj: Obj, expected: int) -> Entry:
    context = call.context
    stored = codec.encode(obj)
    text = key.text()
    try:
        sealed = context.sealer.seal(text, stored, key.group, key.plural)
        revision = await context.store.update(text, sealed, expected)
    except RevisionMismatchError as error:
        await context.hub.reached(error.current)
        raise modified(call.group_resource, key.name) from None
    return await _served(call, key, stored, revision)


async def is_sealed_anew(call: Call, key: StoreKey) -> bool:
    """Tell whether writing an object again, unchanged, would give it the key (or the form) of today."""
    sealer = call.context.sealer
    if not sealer.is_about(key.group, key.plural):
        return False
    stored = await call.context.store.get(key.text())
    return stored is not None and not sealer.is_current(stored.value, key.group, key.plural)


async def store_removed(call: Call, key: StoreKey, entry: Entry) -> Entry:
    """Remove an object at its expected resourceVersion and return its last state.

    Raises:
        ApiError: Conflict when someone else was faster.

    """
    if not _has_numbers(key):
        return await _remove(call, key, entry)
    async with call.context.numbers.released(key):
        return await _remove(call, key, entry)


async def _remove(call: Call, key: StoreKey, entry: Entry) -> Entry:
    context = call.context
    try:
        revision = await context.store.delete(key.text(), entry.revision)
    except RevisionMismatchError as error:
        await context.hub.reached(error.current)
        raise modified(call.group_resource, key.name) from None
    await context.hub.reached(revision)
    return entry


async def _served(call: Call, key: StoreKey, stored: bytes, revision: int) -> Entry:
    """Return the cache's own entry of a write; a new one if somebody has written the object again meanwhile."""
    await call.context.hub.reached(revision)
    entry: Entry | None = call.cache.entries.get(f"{key.namespace}/{key.name}")
    if entry is not None and entry.revision == revision:
        return entry
    return Entry(key.namespace, key.name, codec.with_revision(stored, revision), revision)


def unstored(key: StoreKey, obj: Obj, revision: int) -> Entry:
    """Return what a dry run would have stored."""
    value = codec.with_revision(codec.encode(obj), revision)
    if not revision:
        value = value.replace(b'"resourceVersion":"0",', b"", 1)
    return Entry(key.namespace, key.name, value, revision)


def is_conflict(error: ApiError) -> bool:
    """Tell whether a write lost a race and may be tried again on the newer object."""
    return error.reason == "Conflict" and not error.details.get("causes")
