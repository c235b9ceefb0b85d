"""What is said of a patch whose result does not decode: Invalid, of the field `patch`, with what was patched.

A JSON or merge patch is judged by decoding the object that results, which is what the answer shows; a strategic merge
patch by giving each field of the patched object its type, in words of its own, and the answer shows the patch.
"""

from __future__ import annotations

import json
from typing import Any

import orjson

from bouvier.apiserver.wire import bodies
from bouvier.kinds import decoding
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, FieldError, invalid_object
from bouvier.meta.objects import Obj


def unfit(kind: Kind, media: str, document: Any, patched: Obj, error: ApiError) -> ApiError:
    """Return the refusal of a patch for what `error` says of its result."""
    resource = kind.resource
    why = error.message.removeprefix(f'{resource.kind} in version "{resource.version}" cannot be handled as a ')
    why = why.removeprefix(f"{resource.kind}: ")
    shown = orjson.dumps(patched, option=orjson.OPT_SORT_KEYS).decode()
    if media not in (bodies.JSON_PATCH, bodies.MERGE_PATCH):
        why = decoding.misfit(kind, patched) or why
        shown = value_text(document)
    detail = f"Invalid value: {json.dumps(shown, ensure_ascii=False)}: {why}"
    return invalid_object("", "", "", [FieldError("FieldValueInvalid", "patch", detail)])


def value_text(value: Any) -> str:
    """Return a value as Kubernetes' messages show maps: `map[a:1 b:[x y]]`, keys in order."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{value_text(value[key])}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(value_text(each) for each in value) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
