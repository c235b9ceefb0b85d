"""Table: what `kubectl get` shows, made at the server from a kind's columns.

Rows are assembled from kept cells and slices of the encoded objects, so a list costs one join of bytes.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from bouvier.apiserver.wire.partial import Cached, Kept, opening
from bouvier.apiserver.wire.pieces import in_pieces
from bouvier.apiserver.wire.rows import Layout, age_cell, epoch_now, layout_of, row_of
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import bad_request
from bouvier.util.gotext import quote

INCLUDES = ("None", "Metadata", "Object")
"""Values of the parameter `includeObject`: what of each object a row carries."""


class _Form(NamedTuple):
    """What the client asked for, and when."""

    version: str
    include: str
    now: float
    """Seconds since the epoch."""


def render_list(
    kind: Kind,
    entries: Sequence[Cached],
    metadata: Mapping[str, Any],
    version: str = "v1",
    include: str = "Metadata",
    *,
    now: float | None = None,
) -> Iterator[bytes]:
    """Yield a Table of several objects in pieces; `metadata` is the list's own, `now` in seconds since the epoch.

    Raises:
        ApiError: BadRequest when `include` is none of `INCLUDES`.

    """
    layout = layout_of(kind)
    return _table(layout, layout.definitions, entries, orjson.dumps(metadata), _form(version, include, now))


def render_one(
    kind: Kind, entry: Cached, version: str = "v1", include: str = "Metadata", *, now: float | None = None
) -> bytes:
    """Return a Table of one object."""
    return render_event(kind, entry, version, include, now=now)


def render_event(
    kind: Kind,
    entry: Cached,
    version: str = "v1",
    include: str = "Metadata",
    *,
    now: float | None = None,
    has_columns: bool = True,
) -> bytes:
    """Return the Table inside a watch event.

    A watcher needs the column definitions in its first event only: `has_columns` may be false in all others.
    """
    layout = layout_of(kind)
    metadata = b'{"resourceVersion":"%d"}' % entry.revision
    definitions = layout.definitions if has_columns else b"null"
    return b"".join(_table(layout, definitions, (entry,), metadata, _form(version, include, now)))


def _form(version: str, include: str, now: float | None) -> _Form:
    if include not in INCLUDES:
        why = f"includeObject: Invalid value: {quote(include)}: must be 'Metadata', 'Object', 'None', or empty"
        raise bad_request(f"Unable to convert to Table as requested: {why}")
    return _Form(version, include, epoch_now() if now is None else now)


def _table(
    layout: Layout, definitions: bytes, entries: Sequence[Cached], metadata: bytes, form: _Form
) -> Iterator[bytes]:
    head = (
        b'{"kind":"Table","apiVersion":"meta.k8s.io/%b","metadata":' % form.version.encode(),
        metadata,
        b',"columnDefinitions":',
        definitions,
        b',"rows":[',
    )
    return in_pieces(b"".join(head), entries, lambda some: _rows(layout, some, form), b"]}")


def _rows(layout: Layout, entries: Sequence[Cached], form: _Form) -> bytes:
    """Return rows with commas between them."""
    before, after = _around_object(form)
    parts: list[bytes] = []
    for entry in entries:
        row = row_of(entry, layout, form.now)
        parts += (
            b'{"cells":',
            row.before,
            b"" if row.created is None else age_cell(int(form.now - row.created)),
            row.after,
            before,
            _object(entry, form.include),
            after,
        )
    parts[-1] = after[:-1]
    return b"".join(parts)


def _around_object(form: _Form) -> tuple[bytes, bytes]:
    if form.include == "Metadata":
        return b',"object":' + opening(form.version), b"}},"
    return b',"object":', b"},"


def _object(entry: Cached, include: str) -> bytes:
    if include == "None":
        return b"null"
    if include == "Object":
        return entry.value
    kept: Kept = entry.row
    return entry.value[kept.start : kept.end]
