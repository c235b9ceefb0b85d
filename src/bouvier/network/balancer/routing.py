"""How a request finds its backend: maps, and the lines that ask them. Pure.

Most hosts have a single rule for everything, so the host alone is looked up first, at next to no cost. For the others
host and path make one key, `web.example/shop/`, which is looked up in two maps: exact paths as they are, prefixes by the
longest beginning. The slash at the end of the key makes `/shop` match `/shop` and `/shop/cart` but not `/shopping`.
The host itself is tried before its wildcard, and that before the rules without a host. Only what there are rules for is
asked at all.
"""

from __future__ import annotations

from bouvier.network.balancer.parts import ANY_HOST, Route
from bouvier.network.balancer.plan import Plan

HOSTS, EXACT, PREFIX = "hosts.map", "exact.map", "prefix.map"

_HOST = "req.hdr(host),field(1,:),lower"
"""The host that a request names, without its port."""
_STEPS = (("host", _HOST), ("wildcard", f"{_HOST},regsub(^[^.]*,*)"), ("any", f"str({ANY_HOST})"))
"""Kinds of sites in the order of their precedence, and how a request's key begins for each."""
_MISSING = " unless { var(txn.backend) -m found }"


def maps(plan: Plan) -> dict[str, str]:
    """Return the contents of the maps by file name."""
    whole = _whole_hosts(plan)
    contents = {HOSTS: "".join(f"{route.site} {route.backend}\n" for route in sorted(whole)), EXACT: "", PREFIX: ""}
    for route in plan.routes:
        if route not in whole:
            contents[_map_of(route)] += f"{route.site}{route.path}/ {route.backend}\n"
    return contents


def lookups(plan: Plan, folder: str) -> list[str]:
    """Return the lines of a frontend that choose the backend."""
    if not plan.routes:
        return []
    whole = _whole_hosts(plan)
    others = {(_kind(route), _map_of(route)) for route in plan.routes if route not in whole}
    lines = [_lookup(_HOST, f"map_str({folder}/{HOSTS})")] if whole else []
    missing = _MISSING if whole else ""
    if others:
        lines.append(f"http-request set-var(txn.path) path,concat(/){missing}")
    for kind, host in _STEPS:
        names = [name for name in (EXACT, PREFIX) if (kind, name) in others]
        if names:
            lines.append(f"http-request set-var(txn.key) {host},concat(,txn.path){missing}")
        for name in names:
            method = "map_str" if name == EXACT else "map_beg"
            lines.append(_lookup("var(txn.key)", f"{method}({folder}/{name})") + missing)
            missing = _MISSING
    return [*lines, "use_backend %[var(txn.backend)] if { var(txn.backend) -m found }"]


def _lookup(key: str, lookup: str) -> str:
    return f"http-request set-var(txn.backend) {key},{lookup}"


def _whole_hosts(plan: Plan) -> set[Route]:
    """Return the routes that are the only one of their host and take every path."""
    by_site: dict[str, list[Route]] = {}
    for route in plan.routes:
        by_site.setdefault(route.site, []).append(route)
    return {
        routes[0]
        for routes in by_site.values()
        if len(routes) == 1 and _kind(routes[0]) == "host" and not routes[0].path and not routes[0].is_exact
    }


def _map_of(route: Route) -> str:
    return EXACT if route.is_exact else PREFIX


def _kind(route: Route) -> str:
    if route.site == ANY_HOST:
        return "any"
    return "wildcard" if route.site.startswith("*.") else "host"
