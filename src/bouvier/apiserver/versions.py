"""Several versions of one kind: objects are stored in one of them and shown in the one that the URL names."""

from __future__ import annotations

import orjson

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj


def shown(view: Kind, entry: Entry) -> Entry:
    """Return a stored object in the version of `view`."""
    if view.from_storage is None:
        return entry
    return Entry(entry.namespace, entry.name, orjson.dumps(view.from_storage(entry.decode())), entry.revision)


def as_viewed(call: Call, obj: Obj) -> Obj:
    """Return an object of the storage version in the version of the URL."""
    return call.view.from_storage(obj) if call.view.from_storage is not None else obj


def as_stored(call: Call, obj: Obj) -> Obj:
    """Return an object of the URL's version in the storage version."""
    return call.view.to_storage(obj) if call.view.to_storage is not None else obj
