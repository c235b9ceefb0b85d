"""From a request to its seats: what flow control must know of it, and how wide it is."""

from __future__ import annotations

import re

from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Context
from bouvier.apiserver.flow import estimating
from bouvier.apiserver.flow.control import WAIT_SECONDS, FlowControl, Match
from bouvier.apiserver.flow.rules import Digest
from bouvier.apiserver.request import Request, Target, User

LONG_RUNNING = frozenset(("attach", "exec", "log", "portforward", "proxy"))
"""Subresources whose requests last as long as their clients like; they take no seat, as in the original."""
_WRITES = frozenset(("create", "update", "patch", "delete", "deletecollection"))
_TIMEOUT = re.compile(r"(?:^|&)timeout=([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)?(?:&|$)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
LONGEST_REQUEST_SECONDS = 60.0


class Gate:
    """Asks flow control for each request."""

    def __init__(self, context: Context, control: FlowControl) -> None:
        self.control = control
        self._context = context
        self._caches: dict[tuple[str, str, str], ResourceCache] = {}
        """Where the objects of a resource are kept, by cluster, group and plural as a path names them."""

    def passes(self, request: Request, target: Target) -> bool:
        """Let a read of one object in that is answered at once; False when it must wait for its turn."""
        user = _who(request)
        digest = Digest(
            request.cluster, user.name, user.groups, "get", target.group, target.plural, target.namespace, ""
        )
        match = self.control.match(digest)
        request.head_lines = match.lines
        return self.control.pass_quickly(match)

    async def enter(self, request: Request, target: Target | None, verb: str) -> None:
        """Wait until the request may go on; it holds its seats until `request.release()`.

        Raises:
            ApiError: TooManyRequests.
        """
        if _is_long(request, target):
            return
        digest = _digest(request, target, verb)
        match = self.control.match(digest)
        request.head_lines = match.lines
        seats = 1 if target is None else self._seats(request, target, verb, match)
        request.seat = self.control.enter_now(match, seats, verb)
        if request.seat is None:
            name, patience = target.name if target else "", _wait_seconds(request.query_text)
            request.seat = await self.control.wait(match, digest, seats, name=name, wait_seconds=patience)

    def _seats(self, request: Request, target: Target, verb: str, match: Match) -> int:
        is_write = verb in _WRITES
        if not is_write and verb not in ("list", "watch"):
            return 1
        cache = self._cache(request, target)
        if cache is None:
            return 1
        if is_write:
            watchers = cache.watchers(target.namespace)
            if not watchers:
                match.figures.unheard += 1
                return 1
            match.figures.watchers.add(watchers)
            return estimating.write_seats(watchers)
        query = request.query if request.query_text else {}
        estimate = estimating.list_seats if verb == "list" else estimating.watch_seats
        return estimate(query, cache.count(target.namespace))

    def _cache(self, request: Request, target: Target) -> ResourceCache | None:
        """Return where the objects are kept; None for resources that are not kept here, or not at all."""
        key = (request.cluster, target.group, target.plural)
        cache = self._caches.get(key)
        if cache is None:
            kinds = self._context.kinds
            kind = kinds.find(request.cluster, target.group, target.version, target.plural)
            if kind is None:
                return None
            stored = kinds.stored_as(request.cluster, kind).resource
            cache = self._caches[key] = self._context.hub.resource(request.cluster, stored.group, stored.plural)
        return cache


def _who(request: Request) -> User:
    """Return whose turn it is. Who rules another cluster may act there as anybody, even as those whom no limit holds:
    it counts as itself.
    """
    return request.user if request.caller is None or request.cluster == LOCAL else request.caller


def _digest(request: Request, target: Target | None, verb: str) -> Digest:
    user, cluster = _who(request), request.cluster
    if target is None:
        return Digest(cluster, user.name, user.groups, verb, "", "", "", request.path)
    resource = f"{target.plural}/{target.subresource}" if target.subresource else target.plural
    return Digest(cluster, user.name, user.groups, verb, target.group, resource, target.namespace, "")


def _is_long(request: Request, target: Target | None) -> bool:
    return bool(request.headers.get("Upgrade")) if target is None else target.subresource in LONG_RUNNING


def _wait_seconds(query_text: str) -> float:
    """Return how long a request may wait: a quarter of the time that it has, as the original."""
    if "timeout=" not in query_text:
        return WAIT_SECONDS
    found = _TIMEOUT.search(query_text)
    if found is None:
        return WAIT_SECONDS
    seconds = float(found[1]) * _UNITS[found[2]]
    return min(seconds, LONGEST_REQUEST_SECONDS) / 4 if seconds else WAIT_SECONDS
