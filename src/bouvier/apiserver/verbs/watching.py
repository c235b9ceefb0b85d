"""Watch: past changes since a resourceVersion, then every new one, as lines of JSON or as CBOR or protobuf."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable

import structlog

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.groups import SLOW_BYTES, WatchGroup
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Stream, Streamed
from bouvier.apiserver.verbs.converted_watch import ConvertedWatch
from bouvier.apiserver.verbs.list_options import ListOptions, Match, asks_end_of_initial_events, watch_options
from bouvier.apiserver.verbs.listing import asked, reach, selection_of
from bouvier.apiserver.versions import shown
from bouvier.apiserver.wire import negotiate, partial, table
from bouvier.apiserver.wire.cbor_body import cbor_sequence
from bouvier.apiserver.wire.protobuf_body import protobuf_sequence
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, bad_request

log = structlog.get_logger(__name__)

MIN_SECONDS, MAX_SECONDS = 1800, 3600
"""A watch without a time-out ends by itself after 30 to 60 minutes, spread so that not all come back at once."""

WHOLE = re.compile(r"-?\d{1,9}")
"""Seconds as a parameter: more than thirty years are no time-out."""

BOOKMARK_SECONDS = 55.0
"""As often as the original: about once a minute."""


class RewrittenStream:
    """A stream that is given lines of JSON and sends another form; each watcher's events are translated for it alone."""

    def __init__(self, stream: Stream, rewrite: Callable[[bytes], bytes]) -> None:
        self._stream = stream
        self._rewrite = rewrite

    def write(self, data: bytes) -> None:
        """Queue whole lines without waiting; what cannot be translated ends the connection, not those of others."""
        try:
            frames = self._rewrite(data)
        except Exception:
            log.exception("watch events cannot be translated")
            self._stream.abort()
            return
        self._stream.write(frames)

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the peer has not taken yet."""
        return self._stream.unsent_bytes

    def abort(self) -> None:
        """Drop the connection."""
        self._stream.abort()


class OpenWatch:
    """One member of a watch group."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._limit = SLOW_BYTES
        self.ended = asyncio.Event()

    def begin(self, frames: bytes) -> None:
        """Write what exists already, which may be more than a slow client is allowed later on."""
        self._limit = SLOW_BYTES + len(frames)
        self._stream.write(frames)

    def send(self, frames: bytes) -> None:
        """Write frames; a client that takes nothing any more is dropped."""
        self._stream.write(frames)
        unsent = self._stream.unsent_bytes
        if unsent > self._limit:
            self._stream.abort()
            self.ended.set()
        elif unsent < SLOW_BYTES:
            self._limit = SLOW_BYTES

    def close(self) -> None:
        """Forget nothing: the stream ends with its request."""


def _member(call: Call, stream: Stream) -> OpenWatch | ConvertedWatch:
    media = _rendering_of(call).media
    if media == negotiate.CBOR_SEQUENCE:
        stream = RewrittenStream(stream, cbor_sequence)
    elif media == negotiate.PROTOBUF_SEQUENCE:
        stream = RewrittenStream(stream, protobuf_sequence)
    if call.view.convert is None:
        return OpenWatch(stream)
    return ConvertedWatch(stream, call.view, _plain_representation(call)[1], asked(call).shown())


async def watch(call: Call) -> Streamed:
    """Answer with the stream of changes."""
    options = watch_options(call.request)
    selection = selection_of(call)
    form, render = _representation(call)
    seconds = _seconds(call)
    if options.match is Match.PRESENT:
        await call.context.hub.fresh()
    elif options.initial_events and options.revision:
        await reach(call, options.revision)

    async def run() -> None:
        stream = await call.request.exchange.start_stream(200, _headers(call))
        if options.revision > call.context.hub.revision and not await _caught_up(call, options.revision, seconds):
            return
        group = call.cache.group(selection, form, render)
        await _follow(call, group, _member(call, stream), options, seconds)

    return Streamed(run, keeps_seat=True)


async def _caught_up(call: Call, revision: int, seconds: float) -> bool:
    """Wait until this server has seen a revision that the client knows; not longer than the watch lasts."""
    ending = asyncio.Event()
    call.context.closing.append(ending.set)
    waiting = {asyncio.ensure_future(call.context.hub.reached(revision)), asyncio.ensure_future(ending.wait())}
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return call.context.hub.revision >= revision
    finally:
        call.context.closing.remove(ending.set)
        for one in waiting:
            one.cancel()


async def _follow(
    call: Call, group: WatchGroup, member: OpenWatch | ConvertedWatch, options: ListOptions, seconds: float
) -> None:
    first = _opening(call, group, options)
    if first:
        member.begin(first)
    if first is None:
        member.send(_expired(call, options.revision))
        call.cache.leave(group)
        return
    group.join(member)
    call.request.release()
    call.context.closing.append(member.ended.set)
    followers, follower = call.context.followers, (call.cluster, call.request.user.name)
    followers[follower] += 1
    try:
        await _until_end(call, group, member, options, seconds)
    finally:
        followers[follower] -= 1
        if not followers[follower]:
            del followers[follower]
        call.context.closing.remove(member.ended.set)
        member.close()
        group.members.discard(member)
        call.cache.leave(group)


def _opening(call: Call, group: WatchGroup, options: ListOptions) -> bytes | None:
    """Return what a new watcher is told first, None when its resourceVersion is too old.

    Nothing may be awaited between this and joining the group, or a change would be missed.
    """
    cache = call.cache
    if options.initial_events:
        frames = [group.initial(entry) for entry in cache.select(group.selection)]
        if options.bookmarks and asks_end_of_initial_events(call.request):
            frames.append(bookmark(call.view, call.context.hub.revision, group.form, initial_end=True))
        return b"".join(frames)
    if options.revision < cache.complete_from:
        return None
    return b"".join(group.replay(event) for event in cache.since(options.revision))


async def _until_end(
    call: Call, group: WatchGroup, member: OpenWatch | ConvertedWatch, options: ListOptions, seconds: float
) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    form, _ = _representation(call)
    while (left := end - loop.time()) > 0:
        try:
            async with asyncio.timeout(min(left, BOOKMARK_SECONDS)):
                await member.ended.wait()
        except TimeoutError:
            if options.bookmarks:
                group.deliver()  # a bookmark says that nothing older is still to come
                member.send(bookmark(call.view, call.context.hub.revision, form))
            continue
        return


def bookmark(kind: Kind, revision: int, form: str, *, initial_end: bool = False) -> bytes:
    """Return the frame that tells a watcher how far it has seen everything."""
    metadata: dict[str, object] = {"resourceVersion": str(revision)}
    if initial_end:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    resource = kind.resource
    obj: dict[str, object] = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    if form.startswith("Table"):
        row = {
            "cells": [],
            "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata},
        }
        obj = {
            "kind": "Table",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": metadata,
            "columnDefinitions": None,
            "rows": [row],
        }
    elif form.startswith("Partial"):
        obj = obj | {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
    return codec.dumps({"type": "BOOKMARK", "object": obj}) + b"\n"


def _expired(call: Call, revision: int) -> bytes:
    message = f"too old resource version: {revision} ({call.cache.complete_from})"
    status = ApiError("Expired", message).status()
    return codec.dumps({"type": "ERROR", "object": status}) + b"\n"


def _representation(call: Call) -> tuple[str, Callable[[str, Entry], bytes]]:
    """Return the name of the negotiated form and how to write one event in it."""
    form, render = _plain_representation(call)
    view = call.view
    if view.convert is not None:
        return "stored", lambda event, entry: _event(event, entry.value)
    if view.from_storage is None:
        return form, render
    # A definition that changes makes new kinds: watchers of the older one keep to their own group.
    return f"{form} {view.resource.api_version} {id(view)}", lambda event, entry: render(event, shown(view, entry))


def _plain_representation(call: Call) -> tuple[str, Callable[[str, Entry], bytes]]:
    rendering = _rendering_of(call)
    version = rendering.version
    if rendering.transform == "Table":
        include = call.request.query.get("includeObject", "Metadata")
        kind = call.view
        return (
            f"Table {version} {include}",
            lambda event, entry: _event(event, table.render_event(kind, entry, version, include)),
        )
    if rendering.transform:
        return f"Partial {version}", lambda event, entry: _event(event, partial.render_one(entry, version))
    return "", lambda event, entry: _event(event, entry.value)


def _event(kind: str, value: bytes) -> bytes:
    return b'{"type":"%b","object":%b}\n' % (kind.encode(), value)


def _rendering_of(call: Call) -> negotiate.Rendering:
    return negotiate.for_watches(call.request.headers.get("Accept", ""))


def _headers(call: Call) -> dict[str, str]:
    return {"Content-Type": _rendering_of(call).media}


def _seconds(call: Call) -> float:
    text = call.request.query.get("timeoutSeconds", "")
    if text and not WHOLE.fullmatch(text):
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax')
    if text and int(text) > 0:
        return float(text)
    return random.uniform(MIN_SECONDS, MAX_SECONDS)  # noqa: S311
