"""List: the chosen objects of one moment, in pages if asked."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import orjson
import yaml

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.cache.selection import Selection, select
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.answers import rendering_of
from bouvier.apiserver.versions import shown
from bouvier.apiserver.wire import negotiate, partial, table
from bouvier.meta.errors import ApiError, bad_request, gone
from bouvier.store.interface import CompactedError


def selection_of(call: Call) -> Selection:
    """Return what the request's namespace and selectors choose."""
    query = call.request.query
    namespace = call.target.namespace if call.kind.resource.namespaced else ""
    fields = query.get("fieldSelector", "")
    if call.target.name:
        fields = ",".join(filter(None, (fields, f"metadata.name={call.target.name}")))
    return select(namespace, query.get("labelSelector", ""), fields, call.kind.selectable)


def revision_of(call: Call) -> int:
    """Return the resourceVersion parameter, 0 when there is none.

    Raises:
        ApiError: BadRequest for text that is not a number.

    """
    text = call.request.query.get("resourceVersion", "")
    if not text:
        return 0
    if not text.isdigit():
        raise bad_request(
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    return int(text)


async def list_objects(call: Call) -> Response:
    """Answer with the list in the form that the client asks for."""
    selection = selection_of(call)
    limit = _limit(call)
    token = call.request.query.get("continue", "")
    wanted = revision_of(call)
    hub = call.context.hub
    if wanted > hub.revision:
        await _wait_for(call, wanted)
    if token:
        revision, after = _decode_continue(token)
        entries = await _entries_at(call, selection, revision)
        entries = [entry for entry in entries if entry.key > after]
    elif wanted and call.request.query.get("resourceVersionMatch") == "Exact":
        revision = wanted
        entries = await _entries_at(call, selection, revision)
    else:
        revision = hub.revision
        entries = call.cache.select(selection)
    remaining = len(entries) - limit if limit else 0
    metadata: dict[str, object] = {"resourceVersion": str(revision)}
    if remaining > 0:
        entries = entries[:limit]
        metadata["continue"] = _encode_continue(revision, entries[-1].key)
        if selection.is_all:
            metadata["remainingItemCount"] = remaining
    return write_list(call, entries, metadata)


async def _wait_for(call: Call, wanted: int) -> None:
    """Let a client that is ahead of this server's cache wait for it, but not for ever."""
    import asyncio  # noqa: PLC0415

    try:
        await asyncio.wait_for(call.context.hub.reached(wanted), 3)
    except TimeoutError:
        raise ApiError(
            "Timeout",
            f"Too large resource version: {wanted}, current: {call.context.hub.revision}",
            details={"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]},
            retry_after_seconds=1,
        ) from None


async def _entries_at(call: Call, selection: Selection, revision: int) -> list[Entry]:
    """Return the chosen objects as they were, from the cache when nothing changed since."""
    cache, context = call.cache, call.context
    if cache.revision <= revision:
        return cache.select(selection)
    prefix = call.key("").text().removesuffix("/") + "/"
    if call.kind.resource.namespaced and not selection.namespace:
        prefix = prefix.rstrip("/") + "/"
    try:
        page = await context.store.list(prefix, revision=revision)
    except CompactedError as error:
        message = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."
        raise gone(message) from error
    entries = []
    for stored in page.items:
        key = StoreKey.parse(stored.key)
        value = codec.with_revision(context.sealer.open(stored.key, stored.value), stored.revision)
        entries.append(Entry(key.namespace, key.name, value, stored.revision))
    return [entry for entry in entries if selection.matches(entry)]


def _limit(call: Call) -> int:
    text = call.request.query.get("limit", "") or "0"
    if not text.isdigit():
        raise bad_request(f'limit: Invalid value: "{text}": must be a whole number, 0 or more')
    return int(text)


def _encode_continue(revision: int, key: str) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"v": "bouvier.io/v1", "rv": revision, "start": key})).decode()


def _decode_continue(token: str) -> tuple[int, str]:
    try:
        document = orjson.loads(base64.urlsafe_b64decode(token))
        return int(document["rv"]), str(document["start"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: it must be the text that an earlier list returned") from error


def write_list(call: Call, entries: Sequence[Entry], metadata: dict[str, object]) -> Response:
    """Answer with a list in the form that the client asks for."""
    rendering = rendering_of(call)
    if call.view is not call.kind:
        entries = [shown(call.view, entry) for entry in entries]
    if rendering.transform == "Table":
        include = call.request.query.get("includeObject", "Metadata")
        return Response(200, table.render_list(call.view, entries, metadata, rendering.version, include))
    if rendering.transform:
        return Response(200, partial.render_list(entries, metadata, rendering.version))
    resource = call.view.resource
    document = {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.api_version,
        "metadata": metadata,
        "items": [orjson.Fragment(entry.value) for entry in entries],
    }
    body = orjson.dumps(document)
    if rendering.media == negotiate.YAML:
        return Response(200, yaml.safe_dump(orjson.loads(body), sort_keys=False).encode(), negotiate.YAML)
    return Response(200, body)
