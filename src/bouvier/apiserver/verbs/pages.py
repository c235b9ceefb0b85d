"""Pages of a list: a token that leads on, and the state of the moment when the first page was made.

The past is the cache's present with its recent changes taken back; only what lies behind the cache's memory is read
from the store. When that is compacted too, the client is told, and given a token that goes on in the present.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

import orjson

from bouvier.apiserver import codec
from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.cache.selection import Selection
from bouvier.apiserver.context import Call
from bouvier.meta.errors import ApiError, bad_request, gone
from bouvier.store.interface import CompactedError, Stored

TOO_OLD_LIST = "The resourceVersion for the provided list is too old."
TOO_OLD_PAGE = (
    "the continue token is too old for a consistent list: start again without it, or go on with the token in this"
    " answer; what was written meanwhile may then show up or be missing"
)
PRESENT = -1
"""In a token: go on in the present, whatever has changed."""


class Position(NamedTuple):
    """Where the next page begins."""

    revision: int
    after: str


def encode(revision: int, after: str) -> str:
    """Return the token that leads to what is behind a key."""
    token = orjson.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": after})
    return base64.urlsafe_b64encode(token).decode()


def decode(token: str) -> Position:
    """Return what a token says.

    Raises:
        ApiError: BadRequest for text that no list has returned.
    """
    try:
        document = orjson.loads(base64.urlsafe_b64decode(token))
        return Position(int(document["rv"]), str(document["start"]))
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: it must be the text that an earlier list returned") from error


async def entries_at(call: Call, selection: Selection, revision: int) -> list[Entry]:
    """Return the chosen objects as they were at a revision.

    Raises:
        ApiError: Expired when nobody knows any more.
    """
    cache = call.cache
    if cache.revision <= revision:
        return cache.select(selection)
    if revision >= cache.complete_from:
        return _taken_back(cache.select(selection), cache.changed_since(revision), selection)
    try:
        page = await call.context.store.list(_prefix(call, selection), revision=revision)
    except CompactedError as error:
        raise gone(TOO_OLD_LIST) from error
    return [entry for stored in page.items if selection.matches(entry := _entry(call, stored))]


def expired(position: Position) -> ApiError:
    """Return the refusal of a token whose moment is forgotten, with one that goes on in the present."""
    error = gone(TOO_OLD_PAGE)
    error.continue_token = encode(PRESENT, position.after)
    return error


def _taken_back(present: list[Entry], changed: dict[str, Entry | None], selection: Selection) -> list[Entry]:
    kept = [entry for entry in present if entry.key not in changed]
    former = [entry for entry in changed.values() if entry is not None and selection.matches(entry)]
    return sorted([*kept, *former], key=lambda entry: entry.key) if former else kept


def _prefix(call: Call, selection: Selection) -> str:
    text = call.key("").text().removesuffix("/")
    return text if call.kind.resource.namespaced and not selection.namespace else text + "/"


def _entry(call: Call, stored: Stored) -> Entry:
    key = StoreKey.parse(stored.key)
    value = codec.with_revision(call.context.sealer.open(stored.key, stored.value), stored.revision)
    return Entry(key.namespace, key.name, value, stored.revision)
