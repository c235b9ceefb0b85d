"""The envelope around every protobuf body: `k8s` and a zero byte, then `runtime.Unknown`.

`Unknown` carries apiVersion and kind (field 1) and the object's own bytes (field 2). All lists have the same form:
their metadata (field 1) and the items (field 2), each a message without an envelope of its own.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bouvier.apiserver.wire.negotiate import no_protobuf_form
from bouvier.apiserver.wire.protobuf.messages import message
from bouvier.apiserver.wire.protobuf.table import table
from bouvier.apiserver.wire.protobuf.wire import SECTION, WireError, skip, varint
from bouvier.apiserver.wire.protobuf.writers import MessageWriter, message_writer
from bouvier.apiserver.wire.protobuf.written_values import section, tag
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj

MAGIC = b"k8s\x00"

_TYPE_META, _RAW = 1, 2
_FIRST, _SECOND = tag(1, SECTION), tag(2, SECTION)


class Unknown(NamedTuple):
    """What the envelope says; `raw_start` and `raw_end` are positions in the body."""

    api_version: str
    kind: str
    raw_start: int
    raw_end: int


def decode(body: bytes, default_type: tuple[str, str] = ("", "")) -> Obj:
    """Return the object of a protobuf body; `default_type` is the apiVersion and kind of a body that names none.

    Raises:
        ApiError: BadRequest for bytes that are no protobuf, UnsupportedMediaType for kinds that have no protobuf form.

    """
    if not body.startswith(MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        unknown = _open(body)
        api_version, kind = unknown.api_version or default_type[0], unknown.kind or default_type[1]
        obj: Obj = {"apiVersion": api_version, "kind": kind}
        name = message_name(api_version, kind)
        message(name).read(body, unknown.raw_start, unknown.raw_end, obj)
    except (WireError, IndexError, ValueError, RecursionError) as error:
        raise bad_request(f"the protobuf body cannot be read: {_reason(error)}") from error
    return obj


def encode(obj: Obj) -> bytes:
    """Return an object or a list of objects as a protobuf body.

    Raises:
        ApiError: NotAcceptable for kinds that have no protobuf form.

    """
    api_version, kind = obj.get("apiVersion", ""), obj.get("kind", "")
    if not kind.endswith("List") or "items" not in obj:
        return _enclosed(api_version, kind, _writer(api_version, kind).write(obj))
    write = item_writer(api_version, kind.removesuffix("List"))
    return encode_list(api_version, kind, obj.get("metadata") or {}, map(write, obj["items"] or ()))


def encode_list(api_version: str, kind: str, metadata: Obj, items: Iterable[bytes]) -> bytes:
    """Return the body of a list whose items `item_writer` has written; `kind` is the list's own."""
    head = section(_FIRST, message_writer("meta.ListMeta").write(metadata))
    return _enclosed(api_version, kind, head + b"".join(items))


def item_writer(api_version: str, kind: str) -> Callable[[Obj], bytes]:
    """Return how to write one object of a kind into a list.

    Raises:
        ApiError: NotAcceptable for kinds that have no protobuf form.

    """
    write = _writer(api_version, kind).write
    return lambda item: section(_SECOND, write(item))


def _writer(api_version: str, kind: str) -> MessageWriter:
    if not has_message(api_version, kind):
        raise no_protobuf_form()
    return message_writer(message_name(api_version, kind))


def has_message(api_version: str, kind: str) -> bool:
    """Tell whether a kind has a protobuf form."""
    kinds = table().kinds
    return (api_version, kind) in kinds or ("", kind) in kinds


def message_name(api_version: str, kind: str) -> str:
    """Return the name of a kind's message in the table."""
    kinds = table().kinds
    name = kinds.get((api_version, kind)) or kinds.get(("", kind))
    if name is None:
        raise ApiError(
            "UnsupportedMediaType",
            f'no protobuf form of kind "{kind}" in version "{api_version}" is known: send application/json',
        )
    return name


def _enclosed(api_version: str, kind: str, raw: bytes) -> bytes:
    type_meta = section(_FIRST, api_version.encode()) + section(_SECOND, kind.encode())
    return MAGIC + section(_FIRST, type_meta) + section(_SECOND, raw)


def _open(body: bytes) -> Unknown:
    sections = _sections(body, len(MAGIC), len(body))
    names = _sections(body, *sections.get(_TYPE_META, (0, 0)))
    texts = {number: body[start:end].decode() for number, (start, end) in names.items()}
    return Unknown(texts.get(1, ""), texts.get(2, ""), *sections.get(_RAW, (0, 0)))


def _sections(body: bytes, at: int, end: int) -> dict[int, tuple[int, int]]:
    """Return start and end of each section between two positions, by field number."""
    found: dict[int, tuple[int, int]] = {}
    while at < end:
        tag, at = varint(body, at)
        if tag & 7 != SECTION:
            at = skip(body, at, tag & 7)
            continue
        size, at = varint(body, at)
        found[tag >> 3] = (at, at + size)
        at += size
    if at != end:
        raise WireError("it ends in the middle of a field")
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, IndexError):
        return "it ends in the middle of a field"
    if isinstance(error, UnicodeDecodeError):
        return "a text in it is not UTF-8"
    if isinstance(error, RecursionError):
        return "it nests too deeply"
    return str(error)
