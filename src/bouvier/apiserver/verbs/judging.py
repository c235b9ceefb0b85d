"""Is an object fit to be stored? What its metadata, its kind and its schema say, and what may not change."""

from __future__ import annotations

from bouvier.apiserver.context import Call
from bouvier.kinds import metadata as metadata_rules
from bouvier.kinds import schemas
from bouvier.kinds.kind import Kind, Part
from bouvier.kinds.rules.compiled import has_rules
from bouvier.kinds.rules.embedded import check_embedded
from bouvier.kinds.rules.evaluated import check_rules
from bouvier.kinds.rules.lists import check_lists
from bouvier.kinds.rules.ratcheting import forgive
from bouvier.kinds.scales import scale_errors
from bouvier.meta.errors import ApiError, FieldError, invalid_object
from bouvier.meta.objects import Obj, name_of

BLOCKING = ("FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid")
"""Mistakes with which an object is not what its rules expect. Source: Kubernetes' `hasBlockingErr`."""
NOT_CHECKED = FieldError(
    "FieldValueInvalid",
    "<nil>",
    'Invalid value: "null": some validation rules were not checked because the object was invalid;'
    " correct the existing errors to complete validation",
)


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
