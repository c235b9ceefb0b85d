"""Storing what a write has made of an object: created, replaced or removed at the revision that was looked at."""

from __future__ import annotations

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.context import Call
from bouvier.meta.errors import ApiError, already_exists, modified
from bouvier.meta.objects import Obj
from bouvier.store.interface import KeyExistsError, RevisionMismatchError


async def store_new(call: Call, key: StoreKey, obj: Obj) -> Entry:
    """Store a new object and return it as served.

    Raises:
        ApiError: AlreadyExists.

    """
    if not _has_numbers(key):
        return await _create(call, key, obj)
    if f"{key.namespace}/{key.name}" in call.cache.entries:
        raise already_exists(call.group_resource, key.name)  # before anything is claimed for it
    async with call.context.numbers.claimed(key, obj):
        return await _create(call, key, obj)


def _has_numbers(key: StoreKey) -> bool:
    """Tell whether numbers must be claimed for an object before it is stored."""
    return key.plural == "services" and not key.group


async def _create(call: Call, key: StoreKey, obj: Obj) -> Entry:
    context = call.context
    stored = codec.encode(obj)
    text = key.text()
    try:
        revision = await context.store.create(text, context.sealer.seal(text, stored, key.group, key.plural))
    except KeyExistsError:
        raise already_exists(call.group_resource, key.name) from None
    return await _served(call, key, stored, revision)


async def store_changed(call: Call, key: StoreKey, obj: Obj, expected: int) -> Entry:
    """Replace an object at its expected resourceVersion and return it as served.

    Raises:
        ApiError: Conflict when someone else was faster.

    """
    if not _has_numbers(key):
        return await _update(call, key, obj, expected)
    async with call.context.numbers.claimed(key, obj):
        return await _update(call, key, obj, expected)


async def _update(call: Call, key: StoreKey, obj: Obj, expected: int) -> Entry:
    context = call.context
    stored = codec.encode(obj)
    text = key.text()
    try:
        sealed = context.sealer.seal(text, stored, key.group, key.plural)
        revision = await context.store.update(text, sealed, expected)
    except RevisionMismatchError as error:
        await context.hub.reached(error.current)
        raise modified(call.group_resource, key.name) from None
    return await _served(call, key, stored, revision)


async def is_sealed_anew(call: Call, key: StoreKey) -> bool:
    """Tell whether writing an object again, unchanged, would give it the key (or the form) of today."""
    sealer = call.context.sealer
    if not sealer.is_about(key.group, key.plural):
        return False
    stored = await call.context.store.get(key.text())
    return stored is not None and not sealer.is_current(stored.value, key.group, key.plural)


async def store_removed(call: Call, key: StoreKey, entry: Entry) -> Entry:
    """Remove an object at its expected resourceVersion and return its last state.

    Raises:
        ApiError: Conflict when someone else was faster.

    """
    if not _has_numbers(key):
        return await _remove(call, key, entry)
    async with call.context.numbers.released(key):
        return await _remove(call, key, entry)


async def _remove(call: Call, key: StoreKey, entry: Entry) -> Entry:
    context = call.context
    try:
        revision = await context.store.delete(key.text(), entry.revision)
    except RevisionMismatchError as error:
        await context.hub.reached(error.current)
        raise modified(call.group_resource, key.name) from None
    await context.hub.reached(revision)
    return entry


async def _served(call: Call, key: StoreKey, stored: bytes, revision: int) -> Entry:
    """Return the cache's own entry of a write; a new one if somebody has written the object again meanwhile."""
    await call.context.hub.reached(revision)
    entry: Entry | None = call.cache.entries.get(f"{key.namespace}/{key.name}")
    if entry is not None and entry.revision == revision:
        return entry
    return Entry(key.namespace, key.name, codec.with_revision(stored, revision), revision)


def unstored(key: StoreKey, obj: Obj, revision: int) -> Entry:
    """Return what a dry run would have stored."""
    value = codec.with_revision(codec.encode(obj), revision)
    if not revision:
        value = value.replace(b'"resourceVersion":"0",', b"", 1)
    return Entry(key.namespace, key.name, value, revision)


def is_conflict(error: ApiError) -> bool:
    """Tell whether a write lost a race and may be tried again on the newer object."""
    return error.reason == "Conflict" and not error.details.get("causes")
