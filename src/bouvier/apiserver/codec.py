"""How objects lie in the store and in the cache: JSON bytes, the resourceVersion spliced in on the way out.

The store numbers a write only when it commits, so stored JSON has no resourceVersion. Objects are encoded
with `apiVersion`, `kind`, `metadata` first; the metadata's opening brace is then near the front, and giving an
object its resourceVersion is one concatenation instead of a decode and an encode.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from bouvier.meta.objects import Obj

_METADATA = b'"metadata":{'


class _Metadata(msgspec.Struct):
    name: str = ""
    namespace: str = ""
    uid: str = ""
    labels: dict[str, str] | None = None


class _Head(msgspec.Struct):
    metadata: _Metadata


_decode_head = msgspec.json.Decoder(_Head).decode


def encode(obj: Obj) -> bytes:
    """Return the stored form: JSON without resourceVersion, identity first. `obj` is left as it was."""
    metadata = {key: value for key, value in obj["metadata"].items() if key != "resourceVersion"}
    front = {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata}
    return orjson.dumps(front | {k: v for k, v in obj.items() if k not in front})


def with_revision(stored: bytes, revision: int) -> bytes:
    """Return the JSON that clients see: the stored form with its resourceVersion."""
    at = stored.index(_METADATA) + len(_METADATA)
    return b'%b"resourceVersion":"%d",%b' % (stored[:at], revision, stored[at:])


def at_revision(value: bytes, old: int, new: int) -> bytes:
    """Return a served object with another resourceVersion (the last state of a deleted object)."""
    return value.replace(b'{"resourceVersion":"%d",' % old, b'{"resourceVersion":"%d",' % new, 1)


def decode(value: bytes) -> Obj:
    """Return the object as a dict that the caller owns."""
    return orjson.loads(value)  # type: ignore[no-any-return]


def head(value: bytes) -> _Metadata:
    """Return name, namespace, uid and labels without decoding the rest."""
    return _decode_head(value).metadata


def dumps(document: Any) -> bytes:
    """Return JSON of any document that is not a stored object."""
    return orjson.dumps(document)
