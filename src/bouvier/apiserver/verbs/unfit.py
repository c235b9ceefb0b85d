"""What is said of a patch whose result does not decode: Invalid, of the field `patch`, with what was patched.

A JSON or merge patch is judged by decoding the object that results, which is what the answer shows; a strategic merge
patch by giving each field of the patched object its type, in words of its own, and the answer shows the patch.
"""

from __future__ import annotations

from typing import Any

import orjson

from bouvier.apiserver.wire import bodies
from bouvier.kinds import decoding
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, invalid, invalid_object
from bouvier.meta.objects import Obj
from bouvier.util.gotext import plain


def unfit(kind: Kind, media: str, document: Any, patched: Obj, why: str) -> ApiError:
    """Return the refusal of a patch for what is wrong with its result."""
    if media in (bodies.JSON_PATCH, bodies.MERGE_PATCH):
        shown = sorted_json(patched)
    else:
        why, shown = decoding.misfit(kind, patched) or why, plain(document)
    return invalid_object("", "", "", [invalid("patch", shown, why)])


def sorted_json(obj: Obj) -> str:
    """Return an object as the messages show it."""
    return orjson.dumps(obj, option=orjson.OPT_SORT_KEYS).decode()
