"""Request bodies of every content type, as plain JSON objects."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from bouvier.apiserver.wire.cbor_body import decode_cbor
from bouvier.apiserver.wire.json_body import decode_json, duplicates
from bouvier.apiserver.wire.negotiate import PROTOBUF
from bouvier.apiserver.wire.protobuf import envelope
from bouvier.apiserver.wire.yaml_body import decode_yaml
from bouvier.kinds.kind import FieldHint
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj

_JSON_TYPES = frozenset(("", "application/json", "text/json"))
_YAML_TYPES = frozenset(("application/yaml", "application/x-yaml", "text/yaml"))
_CBOR_TYPE = "application/cbor"
_OBJECT_TYPES = ("application/json", "application/yaml", PROTOBUF, _CBOR_TYPE)

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
APPLY_PATCH_CBOR = "application/apply-patch+cbor"
APPLY_PATCHES = (APPLY_PATCH, APPLY_PATCH_CBOR)
PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH, *APPLY_PATCHES)

_HEADERS_KEPT = 256
_SHOWN_BYTES = 30
"""Of an unreadable body, how many bytes its error message quotes."""


class Decoded(NamedTuple):
    """What a body holds."""

    obj: Any
    """An object; for patches whatever the document is."""
    duplicates: list[FieldHint]
    """Fields that occur twice, when they were asked for."""


def decode_object(
    content_type: str,
    body: bytes,
    default_type: tuple[str, str] = ("", ""),
    *,
    find_duplicates: bool = False,
    must_say_kind: bool = False,
) -> Decoded:
    """Return the object of a create or update body, or of an options body.

    `default_type` is the apiVersion and kind that the URL implies; they are filled in where the body has none, unless
    it must name its kind itself.

    Raises:
        ApiError: UnsupportedMediaType, or BadRequest when the body is not an object of that form.

    """
    media = media_type(content_type)
    if media == PROTOBUF:
        return Decoded(envelope.decode(body, default_type), [])
    if media in _JSON_TYPES:
        decoded = _json(body, default_type[1], find_duplicates=find_duplicates)
    elif media in _YAML_TYPES:
        decoded = _yaml(body, default_type[1])
    elif media == _CBOR_TYPE:
        decoded = _cbor(body, default_type[1])
    else:
        raise _unsupported(_OBJECT_TYPES)
    if must_say_kind and isinstance(decoded.obj, dict):
        if not decoded.obj.get("kind"):
            text = body.decode(errors="replace")
            raise _unrecognized(body, default_type[1], f"Object 'Kind' is missing in '{text}'")
        decoded.obj.setdefault("apiVersion", "")
    return Decoded(_typed(decoded.obj, default_type, body), decoded.duplicates)


def decode_patch(content_type: str, body: bytes, *, find_duplicates: bool = False) -> Decoded:
    """Return the document of a patch body: a list for JSON patch, an object for the others.

    Raises:
        ApiError: UnsupportedMediaType, or BadRequest when the body cannot be read.

    """
    media = media_type(content_type)
    if media not in PATCH_TYPES:
        raise _unsupported(PATCH_TYPES)
    if media == APPLY_PATCH:
        decoded = _yaml_or_json(body, find_duplicates=find_duplicates)
    elif media == APPLY_PATCH_CBOR:
        decoded = _patch_cbor(body)
    else:
        decoded = _patch_json(body, find_duplicates=find_duplicates)
    wanted, word = (list, "[]handlers.jsonPatchOp") if media == JSON_PATCH else (dict, "map[string]interface {}")
    if not isinstance(decoded.obj, wanted):
        given = go_word(decoded.obj)
        raise bad_request(f"error decoding patch: json: cannot unmarshal {given} into Go value of type {word}")
    return decoded


@lru_cache(_HEADERS_KEPT)
def media_type(content_type: str) -> str:
    """Return a Content-Type without parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()


def is_yaml(content_type: str) -> bool:
    """Tell whether a body is read as YAML."""
    return media_type(content_type) in _YAML_TYPES


def is_json(content_type: str) -> bool:
    """Tell whether a body is read as JSON."""
    return media_type(content_type) in _JSON_TYPES


def _json_document(body: bytes, *, find_duplicates: bool) -> Decoded:
    document = decode_json(body)
    return Decoded(document, duplicates(body, document) if find_duplicates else [])


def _json(body: bytes, kind: str, *, find_duplicates: bool) -> Decoded:
    try:
        return _json_document(body, find_duplicates=find_duplicates)
    except ValueError as error:
        raise _unrecognized(body, kind, f"couldn't get version/kind; json parse error: {_why(body, error)}") from error


def _yaml(body: bytes, kind: str) -> Decoded:
    try:
        return Decoded(*decode_yaml(body))
    except ValueError as error:
        raise _unrecognized(body, kind, f"couldn't get version/kind; {error}") from error


def _cbor(body: bytes, kind: str) -> Decoded:
    """Read CBOR, in which a field that occurs twice is no mere note but a mistake."""
    try:
        return Decoded(decode_cbor(body), [])
    except ValueError as error:
        raise _unrecognized(body, kind, f"couldn't get version/kind; {error}") from error


def _yaml_or_json(body: bytes, *, find_duplicates: bool) -> Decoded:
    """Read an apply patch, which most clients write as JSON; whatever is not JSON is YAML, and spoken of as such."""
    if body.lstrip()[:1] == b"{":
        try:
            decoded = _json_document(body, find_duplicates=find_duplicates)
            return Decoded(decoded.obj, decode_yaml(body)[1]) if decoded.duplicates else decoded
        except ValueError:
            pass
    try:
        return Decoded(*decode_yaml(body))
    except ValueError as error:
        raise bad_request(f"error decoding YAML: {error}") from error


def _patch_json(body: bytes, *, find_duplicates: bool) -> Decoded:
    try:
        return _json_document(body, find_duplicates=find_duplicates)
    except ValueError as error:
        raise bad_request(f"error decoding patch: {_why(body, error)}") from error


def _patch_cbor(body: bytes) -> Decoded:
    try:
        return Decoded(decode_cbor(body), [])
    except ValueError as error:
        raise bad_request(f"error decoding CBOR: {error}") from error


def _typed(document: Any, default_type: tuple[str, str], body: bytes) -> Obj:
    if not isinstance(document, dict):
        why = f"json parse error: json: cannot unmarshal {go_word(document)} into an object"
        raise _unrecognized(body, default_type[1], f"couldn't get version/kind; {why}")
    for name, default in zip(("apiVersion", "kind"), default_type, strict=True):
        value = document.get(name) or default
        if not isinstance(value, str):
            why = (
                f"json parse error: json: cannot unmarshal {go_word(value)} into Go struct field .{name} of type string"
            )
            raise _unrecognized(body, default_type[1], f"couldn't get version/kind; {why}")
        if not value:
            raise bad_request(f"the object provided is unrecognized: Object '{name}' is missing")
        document[name] = value
    return document


def _unrecognized(body: bytes, kind: str, why: str) -> ApiError:
    must = f" (must be of type {kind})" if kind else ""
    return bad_request(f"the object provided is unrecognized{must}: {why} ({_summary(body)})")


def _summary(body: bytes) -> str:
    """Return the beginning of a body, in hexadecimal digits unless it looks like JSON."""
    if not body:
        return "<empty>"
    start = body[:_SHOWN_BYTES]
    shown = start.decode(errors="replace") if body.startswith(b"{") else start.hex()
    return shown + (" ..." if len(body) > _SHOWN_BYTES else "")


_WORDS = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


def go_word(value: Any) -> str:
    """Return what a JSON value is, as decoding errors say it."""
    return _WORDS.get(type(value), "value")


def _why(body: bytes, error: ValueError) -> str:
    """Return what is wrong with a text that is no JSON."""
    ends = not body.strip() or "unexpected end of data" in str(error)
    return "unexpected end of JSON input" if ends else str(error)


def _unsupported(accepted: tuple[str, ...]) -> ApiError:
    return ApiError(
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted),
    )
