"""PartialObjectMetadata: objects of which only the metadata goes out, as slices of their encoded bytes.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
import orjson

from bouvier.apiserver.wire.pieces import in_pieces


class Cached(Protocol):
    """An encoded object and a place to keep what is computed from it."""

    value: bytes
    """The object's JSON, as clients see it."""
    revision: int
    row: Any
    """Kept by this module and by `wire.table`; None at first."""


class Kept:
    """What is kept of an object for its next rendering."""

    __slots__ = ("end", "row", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        """Position of the metadata in the object's bytes."""
        self.end = end
        self.row: Any = None
        """Cells of the object's table row, kept by `wire.table`."""


class _Head(msgspec.Struct):
    metadata: msgspec.Raw = msgspec.Raw(b"{}")


_decode_head = msgspec.json.Decoder(_Head).decode


def kept_of(entry: Cached) -> Kept:
    """Return what is kept of an object, found out the first time."""
    kept = entry.row
    if kept is None:
        metadata = bytes(_decode_head(entry.value).metadata)
        start = entry.value.index(metadata)
        kept = entry.row = Kept(start, start + len(metadata))
    return kept  # type: ignore[no-any-return]


def opening(version: str) -> bytes:
    """Return the bytes before the metadata; one closing brace comes after it."""
    return b'{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/%b","metadata":' % version.encode()


def render_one(entry: Cached, version: str) -> bytes:
    """Return an object's metadata as `PartialObjectMetadata`; `version` is `v1` or `v1beta1`."""
    kept = kept_of(entry)
    return b"%b%b}" % (opening(version), entry.value[kept.start : kept.end])


def render_list(entries: Sequence[Cached], metadata: Mapping[str, Any], version: str) -> Iterator[bytes]:
    """Yield `PartialObjectMetadataList` in pieces; `metadata` is the list's own."""
    start = b'{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/%b","metadata":' % version.encode()
    before = opening(version)

    def items(some: Sequence[Cached]) -> bytes:
        parts: list[bytes] = []
        for entry in some:
            kept = kept_of(entry)
            parts += (before, entry.value[kept.start : kept.end], b"},")
        return b"".join(parts)[:-1]

    return in_pieces(start + orjson.dumps(metadata) + b',"items":[', entries, items, b"]}")
