"""What a list or a watch is asked for beside its selectors: resourceVersion, how to match it, pages.

Source: Kubernetes API concepts, "Resource versions" and "Retrieving large results sets in chunks".
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from bouvier.apiserver.request import Request
from bouvier.meta.errors import FieldError, bad_request, invalid_object, not_supported

MATCHES = ("Exact", "NotOlderThan")


class Match(Enum):
    """Which state a list shows."""

    PRESENT = "the newest that any server has acknowledged"
    ANY = "whatever the cache has"
    NOT_OLDER = "the cache's, once it has reached the resourceVersion"
    EXACT = "the one at the resourceVersion"


class ListOptions(NamedTuple):
    """The options of one request, checked."""

    revision: int
    match: Match
    limit: int
    token: str
    initial_events: bool
    bookmarks: bool


def list_options(request: Request) -> ListOptions:
    """Return the options of a list.

    Raises:
        ApiError: BadRequest for text that is not a number, Invalid for options that exclude each other.
    """
    query = request.query if request.query_text else {}
    text, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    token, limit = query.get("continue", ""), _limit(query.get("limit", ""))
    if match or query.get("sendInitialEvents"):
        _refuse([*_list_errors(text, match, token, query.get("sendInitialEvents", ""))])
    revision = _number("resourceVersion", text)
    if token and revision:
        raise bad_request("specifying resource version is not allowed when using continue")
    return ListOptions(revision, _match(text, match, limit), limit, token, initial_events=False, bookmarks=False)


def watch_options(request: Request) -> ListOptions:
    """Return the options of a watch.

    Raises:
        ApiError: BadRequest for text that is not a number, Invalid for options that exclude each other.
    """
    query = request.query if request.query_text else {}
    text, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    wanted = query.get("sendInitialEvents", "")
    if wanted or match:
        _refuse([*_watch_errors(match, wanted, query.get("continue", ""))])
    revision = _number("resourceVersion", text)
    initial = request.flag("sendInitialEvents") if wanted else not revision
    bookmarks = request.flag("allowWatchBookmarks")
    kind = Match.PRESENT if initial and not text else (Match.NOT_OLDER if revision else Match.ANY)
    return ListOptions(revision, kind, 0, "", initial, bookmarks)


def asks_end_of_initial_events(request: Request) -> bool:
    """Tell whether a bookmark shall mark the end of the state that a watch begins with."""
    return request.flag("sendInitialEvents")


_CONTINUED = "resourceVersionMatch is forbidden when continue is provided"


def _list_errors(text: str, match: str, token: str, wanted: str) -> Iterator[FieldError]:
    if match and not text:
        yield _forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided")
    if match and token:
        yield _forbidden("resourceVersionMatch", _CONTINUED)
    if match and match not in MATCHES:
        yield not_supported("resourceVersionMatch", match, [*MATCHES, ""])
    if match == "Exact" and text == "0":
        message = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        yield _forbidden("resourceVersionMatch", message)
    if wanted:
        yield _forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list")


def _watch_errors(match: str, wanted: str, token: str) -> Iterator[FieldError]:
    if wanted and match != "NotOlderThan":
        message = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        yield _forbidden("resourceVersionMatch", message)
    if match and not wanted:
        message = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        yield _forbidden("resourceVersionMatch", message)
    if match and match != "NotOlderThan":
        yield not_supported("resourceVersionMatch", match, ["NotOlderThan"])
    if match and token:
        yield _forbidden("resourceVersionMatch", _CONTINUED)


def _match(text: str, match: str, limit: int) -> Match:
    if not text:
        return Match.PRESENT
    if match == "Exact":
        return Match.EXACT
    if text == "0":
        return Match.ANY
    # Pages at a resourceVersion are exact even when nobody says so: the older form of the API's contract.
    return Match.EXACT if limit and not match else Match.NOT_OLDER


def _number(name: str, text: str) -> int:
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 19:
        raise bad_request(f'{name}: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax')
    return int(text)


def _limit(text: str) -> int:
    """Return how many objects a page has at most, 0 for all."""
    number = text.removeprefix("-")
    if number and (not number.isdecimal() or len(number) > 18):
        raise bad_request(f'limit: Invalid value: "{text}": strconv.ParseInt: parsing "{text}": invalid syntax')
    return max(0, int(text)) if text else 0


def _forbidden(field: str, message: str) -> FieldError:
    return FieldError("FieldValueForbidden", field, f"Forbidden: {message}")


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise invalid_object("meta.k8s.io", "ListOptions", "", errors)
