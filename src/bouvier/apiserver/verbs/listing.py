"""List: the chosen objects of one moment, in pages if asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import orjson

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.selection import Selection, select
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import pages
from bouvier.apiserver.verbs.answers import rendering_of, rewritten
from bouvier.apiserver.verbs.list_options import ListOptions, Match, list_options
from bouvier.apiserver.versions import all_shown
from bouvier.apiserver.wire import negotiate, partial, table
from bouvier.apiserver.wire.pieces import PIECE_ITEMS, in_pieces
from bouvier.apiserver.wire.protobuf.envelope import encode_list, item_writer
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError

BEHIND_SECONDS = 3.0
"""How long the original waits for its cache."""


def selection_of(call: Call) -> Selection:
    """Return what the request's namespace and selectors choose of the stored objects."""
    selection = asked(call)
    return selection if call.view.convert is None else selection.stored()


async def matching(call: Call, entries: Sequence[Entry]) -> list[Entry]:
    """Return those of the chosen objects whose shown version has the fields that are asked for."""
    fields = None if call.view.convert is None else asked(call).shown()
    if fields is None:
        return list(entries)
    shown = await all_shown(call.view, entries)
    pairs = zip(entries, shown, strict=True)
    return [entry for entry, one in pairs if fields.matches(one.fields(call.view.selectable).__getitem__)]


def asked(call: Call) -> Selection:
    """Return everything that the request's namespace and selectors ask for."""
    query = call.request.query
    namespace = call.target.namespace if call.kind.resource.namespaced else ""
    fields = query.get("fieldSelector", "")
    if call.target.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={call.target.name}")))
    view = call.view
    return select(namespace, query.get("labelSelector", ""), fields, view.selectable, is_custom=view.is_custom)


async def list_objects(call: Call) -> Response:
    """Answer with the list in the form that the client asks for."""
    options = list_options(call.request)
    selection = selection_of(call)
    if options.match is Match.PRESENT:
        await call.context.hub.fresh()
    elif options.revision:
        await reach(call, options.revision)
    revision, entries = await _chosen(call, selection, options)
    if call.view.convert is not None:
        entries = await matching(call, entries)
    remaining = len(entries) - options.limit if options.limit else 0
    metadata: dict[str, object] = {"resourceVersion": str(revision)}
    if remaining > 0:
        entries = entries[: options.limit]
        metadata["continue"] = pages.encode(revision, entries[-1].key)
        if selection.is_all:
            metadata["remainingItemCount"] = remaining
    shown = await all_shown(call.view, entries)
    if len(shown) > PIECE_ITEMS and rendering_of(call).media == negotiate.PROTOBUF:
        return await _in_protobuf(call, shown, metadata)
    return write_list(call, shown, metadata)


async def _in_protobuf(call: Call, entries: Sequence[Entry], metadata: dict[str, object]) -> Response:
    """Answer with a long list, between whose pieces other requests go on: it is slow to write, and its head has its length."""
    version, resource = rendering_of(call).version, call.view.resource
    api_version, kind = resource.api_version, resource.kind
    if version:
        api_version, kind = f"meta.k8s.io/{version}", "PartialObjectMetadata"
    write, items = item_writer(api_version, kind), []
    for number, entry in enumerate(entries, 1):
        items.append(write(orjson.loads(partial.render_one(entry, version) if version else entry.value)))
        if number % PIECE_ITEMS == 0:
            await asyncio.sleep(0)
    return Response(200, encode_list(api_version, f"{kind}List", metadata, items), negotiate.PROTOBUF)


async def _chosen(call: Call, selection: Selection, options: ListOptions) -> tuple[int, list[Entry]]:
    """Return the revision that is shown, and all that is left to show of it."""
    if options.token:
        return await _rest(call, selection, pages.decode(options.token))
    if options.match is Match.EXACT:
        return options.revision, await pages.entries_at(call, selection, options.revision)
    return call.context.hub.revision, call.cache.select(selection)


async def _rest(call: Call, selection: Selection, position: pages.Position) -> tuple[int, list[Entry]]:
    if position.revision == pages.PRESENT:
        revision, entries = call.context.hub.revision, call.cache.select(selection)
    elif position.revision < call.context.hub.compacted:
        raise pages.expired(position)
    else:
        try:
            revision, entries = position.revision, await pages.entries_at(call, selection, position.revision)
        except ApiError as error:
            raise pages.expired(position) from error
    return revision, [entry for entry in entries if entry.key > position.after]


async def reach(call: Call, wanted: int) -> None:
    """Let a client that is ahead of this server's cache wait for it, but not for ever.

    Raises:
        ApiError: Timeout with the cause ResourceVersionTooLarge.
    """
    hub = call.context.hub
    try:
        async with asyncio.timeout(BEHIND_SECONDS):
            await hub.reached(wanted)
    except TimeoutError:
        raise ApiError(
            "Timeout",
            f"Too large resource version: {wanted}, current: {hub.revision}",
            details={
                "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
                "retryAfterSeconds": 1,
            },
            retry_after_seconds=1,
        ) from None


def write_list(call: Call, entries: Sequence[Entry], metadata: dict[str, object]) -> Response:
    """Answer with a list in the form that the client asks for."""
    rendering = rendering_of(call)
    if rendering.transform == "Table":
        include, order = call.request.query.get("includeObject", "Metadata"), call.view.row_order
        if order is not None:
            entries = sorted(entries, key=lambda entry: order(entry.decode()))
        pieces = table.render_list(call.view, entries, metadata, rendering.version, include)
    elif rendering.transform:
        pieces = partial.render_list(entries, metadata, rendering.version)
    else:
        pieces = _objects(call.view, entries, metadata)
    return rewritten(call.request, rendering, _answer(pieces, entries))


def _objects(kind: Kind, entries: Sequence[Entry], metadata: dict[str, object]) -> Iterator[bytes]:
    head = {"kind": f"{kind.resource.kind}List", "apiVersion": kind.resource.api_version, "metadata": metadata}
    opening = orjson.dumps(head)[:-1] + b',"items":['
    return in_pieces(opening, entries, lambda some: b",".join([entry.value for entry in some]), b"]}")


def _answer(pieces: Iterator[bytes], entries: Sequence[Entry]) -> Response:
    """Return a short list whole, with its length, and a long one in pieces."""
    return Response(200, b"".join(pieces)) if len(entries) <= PIECE_ITEMS else Response(200, b"", pieces=pieces)
