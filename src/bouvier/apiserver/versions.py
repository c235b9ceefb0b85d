"""Several versions of one kind: objects are stored in one of them and shown in the one that the URL names.

Built-in kinds and definitions without a webhook are converted here and now; others are asked for, many at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj


def shown(view: Kind, entry: Entry) -> Entry:
    """Return a stored object in the version of `view`, which needs nobody's help to convert."""
    if view.from_storage is None or entry.plain_for is view:
        return entry
    made = _entry(entry, view.from_storage(entry.decode()))
    if made.value != entry.value:
        return made
    entry.plain_for = view
    return entry


async def all_shown(view: Kind, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return stored objects in the version of `view`."""
    if view.convert is None:
        return entries if view.from_storage is None else [shown(view, entry) for entry in entries]
    converted = await view.convert([entry.decode() for entry in entries], view.resource.api_version)
    return [_entry(entry, obj) for entry, obj in zip(entries, converted, strict=True)]


def _entry(entry: Entry, obj: Obj) -> Entry:
    return Entry(entry.namespace, entry.name, orjson.dumps(obj), entry.revision)


async def as_viewed(view: Kind, obj: Obj) -> Obj:
    """Return an object of the storage version in the version of `view`; may change its argument."""
    if view.convert is not None:
        return (await view.convert([obj], view.resource.api_version))[0]
    return view.from_storage(obj) if view.from_storage is not None else obj


async def as_stored(call: Call, obj: Obj, given: Kind | None = None) -> Obj:
    """Return an object of a version (the URL's, if not said) in the storage version; may change its argument."""
    view = given or call.view
    if view.convert is not None:
        return (await view.convert([obj], call.kind.resource.api_version))[0]
    return view.to_storage(obj) if view.to_storage is not None else obj
