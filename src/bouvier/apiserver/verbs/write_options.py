"""What the query of a write may say: dryRun, fieldManager, fieldValidation, force.

A wrong value refuses the request before anything is read or decided, with a cause for each.
Source: Kubernetes' validation of `CreateOptions`, `UpdateOptions`, `PatchOptions` and `DeleteOptions` (meta/v1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bouvier.apiserver.request import Request
from bouvier.apiserver.wire import bodies
from bouvier.meta.errors import FieldError, forbidden_field, invalid, invalid_object, not_supported, required

META_GROUP = "meta.k8s.io"
FIELD_VALIDATIONS = ("", "Ignore", "Strict", "Warn")
LONGEST_MANAGER = 128
"""Characters of a field manager's name."""
_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions", "DELETE": "DeleteOptions"}


def check_write_options(request: Request) -> None:
    """Refuse a write whose options cannot be meant.

    Raises:
        ApiError: Invalid.

    """
    kind = _OPTIONS.get(request.method)
    if kind is None or not (request.query_text or kind == "PatchOptions"):
        return
    errors = [*_patch_errors(request)] if kind == "PatchOptions" else []
    if request.query_text:
        errors += _errors(request, kind)
    if errors:
        raise invalid_object(META_GROUP, kind, "", errors)


def _errors(request: Request, kind: str) -> Iterator[FieldError]:
    if kind != "DeleteOptions":
        yield from _manager_errors(request.query.get("fieldManager", ""))
    yield from dry_run_errors(request.query_list("dryRun"))
    given = request.query.get("fieldValidation", "")
    if kind != "DeleteOptions" and given not in FIELD_VALIDATIONS:
        yield not_supported("fieldValidation", given, list(FIELD_VALIDATIONS))


def dry_run_errors(values: Iterable[str]) -> Iterator[FieldError]:
    """Yield what is wrong with the stages that a dry run names: there is one, `All`."""
    given = list(values)
    if any(value not in ("", "All") for value in given):
        shown = "[]string{" + ", ".join(f'"{value}"' for value in given) + "}"
        yield FieldError("FieldValueNotSupported", "dryRun", f'Unsupported value: {shown}: supported values: "All"')


def _patch_errors(request: Request) -> Iterator[FieldError]:
    media = bodies.media_type(request.headers.get("Content-Type", ""))
    if media in bodies.APPLY_PATCHES:
        if not request.query.get("fieldManager"):
            yield required("fieldManager", "is required for apply patch")
    elif "force" in request.query and media in bodies.PATCH_TYPES:
        yield forbidden_field("force", "may not be specified for non-apply patch")


def _manager_errors(manager: str) -> Iterator[FieldError]:
    if len(manager) > LONGEST_MANAGER:
        yield FieldError("FieldValueTooLong", "fieldManager", f"Too long: may not be more than {LONGEST_MANAGER} bytes")
    for position, letter in enumerate(manager):
        if not letter.isprintable():
            yield invalid("fieldManager", manager, f"invalid character U+{ord(letter):04X} (at position {position})")
