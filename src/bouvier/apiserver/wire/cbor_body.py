"""CBOR bodies, read into and written from what JSON can hold.

As Kubernetes writes it: every document stands in the tag for CBOR that describes itself, and text is written as byte
strings, which Go's client reads into text, times and base64 alike. Read are byte strings and text, and tags that say how
bytes are to be shown. Whatever JSON cannot hold is refused: numbers of more than 64 bits, NaN, keys that are no text.
Source: RFC 8949; KEP-4222, https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4222-cbor-serializer
"""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from math import isfinite
from typing import Any

import orjson

from bouvier.apiserver.wire.json_body import DEPTH_LIMIT

SELF_DESCRIBED = b"\xd9\xd9\xf7"
"""The head of tag 55799."""

_SMALLEST, _LARGEST = -(1 << 63), (1 << 63) - 1
_TIME_TEXT, _TIME_NUMBER, _BIG, _NEGATIVE_BIG = 0, 1, 2, 3
_SHOWN_AS: dict[int, Callable[[bytes], str]] = {
    21: lambda data: urlsafe_b64encode(data).rstrip(b"=").decode(),
    22: lambda data: b64encode(data).decode(),
    23: bytes.hex,
}
"""How bytes are shown, by tag. Source: RFC 8949, 3.4.5.2."""
_MEANINGS_LEFT_OUT = (4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000)
"""Tags that the library would turn into Python's own types; here only their content counts."""


def decode_cbor(body: bytes) -> Any:
    """Return the document.

    Raises:
        ValueError: the body is not CBOR, nests too deeply, or holds what JSON cannot.

    """
    import cbor2  # noqa: PLC0415 (20 ms that only servers with such clients need)

    source = BytesIO(body)
    decoder = cbor2.CBORDecoder(
        source,
        tag_hook=_untagged,
        semantic_decoders=_tag_readers(),
        max_depth=DEPTH_LIMIT,
        allow_duplicate_keys=False,
    )
    try:
        document = _plain(decoder.decode())
    except (cbor2.CBORDecodeError, ValueError, OverflowError) as error:
        raise ValueError(f"cbor: {error}") from error
    if source.tell() != len(body):
        raise ValueError(f"cbor: {len(body) - source.tell()} bytes follow the document")
    return document


def cbor_from_json(body: bytes) -> bytes:
    """Return a JSON document as CBOR."""
    import cbor2  # noqa: PLC0415 (as above)

    return SELF_DESCRIBED + cbor2.dumps(_bytes_for_text(orjson.loads(body)))


def cbor_sequence(lines: bytes) -> bytes:
    """Return JSON documents, one a line, as CBOR documents one after another."""
    return b"".join(cbor_from_json(line) for line in lines.splitlines())


@cache
def _tag_readers() -> Mapping[int, Callable[[Any, bool], Any]]:
    return {
        _TIME_TEXT: lambda value, _: value,
        _TIME_NUMBER: lambda value, _: _moment(value),
        _BIG: _refuse_big,
        _NEGATIVE_BIG: _refuse_big,
        **dict.fromkeys(_MEANINGS_LEFT_OUT, lambda value, _: value),
    }


def _untagged(tag: Any, _immutable: object) -> Any:
    """Return the content of a tag; bytes as the tag wants them shown."""
    shown = _SHOWN_AS.get(tag.tag)
    return shown(tag.value) if shown and isinstance(tag.value, bytes) else tag.value


def _refuse_big(_value: object, _immutable: object) -> Any:
    raise ValueError("a number in it has more than 64 bits")


def _moment(seconds: Any) -> str:
    if not isinstance(seconds, int | float) or not isfinite(seconds):
        raise ValueError("a time in it is not a number")
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError("a time in it is out of range") from error
    return moment.isoformat().replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    """Return a decoded value in JSON's types."""
    if isinstance(value, str | bool) or value is None:
        return value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, int):
        return _checked(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError("a number in it is not finite")
        return value
    if isinstance(value, Mapping):
        return _plain_map(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    raise ValueError(f"JSON has nothing like the {type(value).__name__} in it")


def _plain_map(value: Mapping[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, one in value.items():
        name = key.decode() if isinstance(key, bytes) else key
        if not isinstance(name, str):
            raise ValueError(f"the key {name!r} in it is no text")  # noqa: TRY004 (it is the body that is wrong)
        if name in found:
            raise ValueError(f'the key "{name}" occurs twice')
        found[name] = _plain(one)
    return found


def _checked(value: int) -> int:
    if not _SMALLEST <= value <= _LARGEST:
        raise ValueError("a number in it has more than 64 bits")
    return value


def _bytes_for_text(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return {key.encode(): _bytes_for_text(one) for key, one in value.items()}
    return [_bytes_for_text(one) for one in value] if isinstance(value, list) else value
