"""Answers and watch events as protobuf, written from the JSON that is there.

A watch is a row of frames: four bytes with the length of what follows, then a `WatchEvent` without an envelope, whose
object is a whole body with its own.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
"""

from __future__ import annotations

import orjson

from bouvier.apiserver.wire.negotiate import no_protobuf_form
from bouvier.apiserver.wire.protobuf.envelope import encode
from bouvier.apiserver.wire.protobuf.wire import SECTION
from bouvier.apiserver.wire.protobuf.written_values import section, tag

_LENGTH_BYTES = 4
_FIRST, _SECOND = tag(1, SECTION), tag(2, SECTION)


def protobuf_from_json(body: bytes) -> bytes:
    """Return a JSON document as a protobuf body.

    Raises:
        ApiError: NotAcceptable for kinds that have no protobuf form, and for what nests deeper than can be written.

    """
    try:
        return encode(orjson.loads(body))
    except RecursionError:
        raise no_protobuf_form() from None


def protobuf_sequence(lines: bytes) -> bytes:
    """Return watch events, one a line, as frames one after another."""
    return b"".join([_frame(line) for line in lines.splitlines()])


def _frame(line: bytes) -> bytes:
    event = orjson.loads(line)
    raw_extension = section(_FIRST, encode(event["object"]))
    content = section(_FIRST, event["type"].encode()) + section(_SECOND, raw_extension)
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content
