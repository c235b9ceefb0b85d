"""JSON patch (RFC 6902) with the API server's limits and error reasons.

The operations are the jsonpatch library's, applied one by one so that a failure names its operation. As upstream does,
a `test` for null also passes when the member is missing.

Limits: 10,000 operations (`MAX_OPERATIONS`) and 3 MiB duplicated by `copy` (`MAX_COPIED_BYTES`).
Source: RFC 6902; https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply
"""

from __future__ import annotations

from typing import Any

import orjson
from jsonpatch import JsonPatch, JsonPatchException, JsonPatchTestFailed
from jsonpointer import JsonPointerException, resolve_pointer

from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.patches.copies import copy_json

MAX_OPERATIONS = 10_000
"""The same as upstream: bounds the time that one request can take."""
MAX_COPIED_BYTES = 3 * 1024 * 1024
"""Request bodies are limited to 3 MiB; repeated `copy` could otherwise double a document without end."""
LONGEST_SHOWN = 100
"""Values in messages are cut to this many characters: enough to recognise them."""

_MISSING = object()


def json_patch(doc: Any, ops: Any) -> Any:
    """Return the document with the operations applied in order; no argument is changed.

    Raises:
        ApiError: BadRequest: not a JSON patch; RequestEntityTooLarge: more than `MAX_OPERATIONS`; Invalid: an
            operation does not apply to this document, or a `test` failed.
    """
    parsed = _parse(ops)
    result = copy_json(doc)
    copied_bytes = 0
    for index, (op, patch) in enumerate(zip(ops, parsed, strict=True)):
        if _tests_absence(result, op):
            continue
        copied_bytes += _copy_size(result, op)
        if copied_bytes > MAX_COPIED_BYTES:
            raise _refused(index, op, f"copies of this patch exceed {MAX_COPIED_BYTES} bytes")
        try:
            result = patch.apply(result, in_place=True)
        except JsonPatchTestFailed as error:
            raise _refused(index, op, _failed_test(result, op)) from error
        except (JsonPatchException, JsonPointerException) as error:
            raise _refused(index, op, _failed(result, op, error)) from error
        except RecursionError as error:
            raise _refused(index, op, "the document becomes nested too deeply") from error
    return result


def _parse(ops: Any) -> list[JsonPatch]:
    if not isinstance(ops, list):
        raise bad_request("a JSON patch must be a list of operations")
    if len(ops) > MAX_OPERATIONS:
        message = f"Request entity too large: The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(ops)}"
        raise ApiError("RequestEntityTooLarge", message)
    return [_parse_one(index, op) for index, op in enumerate(ops)]


def _parse_one(index: int, op: Any) -> JsonPatch:
    try:
        patch = JsonPatch([op])
    except (JsonPatchException, JsonPointerException) as error:
        raise bad_request(f"operation {index} of the JSON patch: {error}") from error
    needed = {"move": "from", "copy": "from", "remove": ""}.get(op["op"], "value")
    if needed and needed not in op:
        raise bad_request(f'operation {index} of the JSON patch: "{op["op"]}" needs a "{needed}" member')
    if needed == "from" and not isinstance(op["from"], str):
        raise bad_request(f'operation {index} of the JSON patch: "from" must be a JSON pointer')
    return patch


def _tests_absence(doc: Any, op: dict[str, Any]) -> bool:
    if op["op"] != "test" or op["value"] is not None:
        return False
    return resolve_pointer(doc, op["path"], _MISSING) is _MISSING


def _failed(doc: Any, op: dict[str, Any], error: Exception) -> str:
    """Return why an operation does not apply; the library's own words would quote the whole document."""
    for pointer in (op.get("from"), op["path"]):
        is_new = pointer is op["path"] and op["op"] in ("add", "copy", "move")
        place = pointer.rpartition("/")[0] if is_new and pointer else pointer
        if place is not None and resolve_pointer(doc, place, _MISSING) is _MISSING:
            return f"{op['op']} operation does not apply: doc is missing path: {pointer}: missing value"
    return f"{op['op']} operation does not apply: {_show(str(error))}"


def _failed_test(doc: Any, op: dict[str, Any]) -> str:
    found = resolve_pointer(doc, op["path"], _MISSING)
    present = "nothing is there" if found is _MISSING else f"it is {_show(found)}"
    return f"test failed: {present}, the patch expects {_show(op['value'])}"


def _show(value: Any) -> str:
    text = orjson.dumps(value, default=str).decode()
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def _copy_size(doc: Any, op: dict[str, Any]) -> int:
    if op["op"] != "copy":
        return 0
    try:
        return len(orjson.dumps(resolve_pointer(doc, op["from"], None)))
    except (JsonPointerException, TypeError):
        return 0  # the operation itself fails and says why


def _refused(index: int, op: dict[str, Any], why: str) -> ApiError:
    where = f'operation {index} ({op["op"]} "{op["path"]}")'
    return ApiError(
        "Invalid",
        f"the server rejected our request due to an error in our request: {where}: {why}",
        details={"causes": [{"reason": "UnexpectedServerResponse", "message": why, "field": op["path"]}]},
    )
