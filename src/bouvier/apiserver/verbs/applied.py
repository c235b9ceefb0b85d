"""What server-side apply refuses of a configuration itself: fields outside the schema, repeated elements, a past identity.

A configuration is not pruned as other writes are: a field that the kind does not have could never be owned, so it is an
error whatever `fieldValidation` says. The original answers 500 here; we answer 400 with its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bouvier.apiserver.context import Call
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.field_notes import yaml_errors
from bouvier.kinds import schemas
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, bad_request, conflict
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj


def check_applied_fields(call: Call, kind: Kind, applied: Obj, notes: list[str]) -> None:
    """Check an applied configuration against the schema of its kind.

    Raises:
        ApiError: BadRequest for fields that the schema does not have and for wrong types.

    """
    unknown = schemas.check(kind, applied).unknown
    if unknown:
        raise _typed_error(applied, [f".{path}: field not declared in schema" for path in unknown])
    if notes and writing.field_validation(call) == "Strict":
        raise bad_request(f"error strict decoding YAML: error converting YAML to JSON: {yaml_errors(notes)}")
    writing.check_fields(call, kind, applied, lambda _unknown: notes, is_part=True)


def check_applied_type(kind: Kind, applied: Obj) -> None:
    """Refuse a configuration of another kind or version than the URL's.

    Raises:
        ApiError: BadRequest.

    """
    given = str(applied.get("apiVersion") or ""), str(applied.get("kind") or "")
    if given != (kind.resource.api_version, kind.resource.kind):
        group, version = split_api_version(given[0])
        raise bad_request(f"invalid object type: {group}/{version}, Kind={given[1]}")


def refuse_identity(call: Call, applied: Obj) -> None:
    """Refuse to make an object that is meant to be one which exists no more.

    Raises:
        ApiError: Conflict.

    """
    uid = applied["metadata"].get("uid")
    if uid:
        why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
        raise conflict(call.group_resource, call.target.name, why)


@contextmanager
def untyped(applied: Obj) -> Iterator[None]:
    """Say of which object a configuration is that does not fit its type.

    Raises:
        ApiError: BadRequest.

    """
    try:
        yield
    except ApiError as error:
        if error.reason != "BadRequest" or not error.message.startswith("."):
            raise
        raise _typed_error(applied, [error.message]) from None


def _typed_error(applied: Obj, problems: Sequence[str]) -> ApiError:
    metadata = applied["metadata"]
    group, version = split_api_version(applied["apiVersion"])
    named = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}; {group}/{version}, Kind={applied['kind']}"
    text = problems[0] if len(problems) == 1 else "\n  ".join(["errors:", *problems])
    return bad_request(f"failed to create typed patch object ({named}): {text}")
