"""Headers of passed requests and answers (pure): what concerns one connection, or proves who the caller is, stays here."""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.apiserver.authn.sessions import COOKIE

_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""Headers of one connection. Source: RFC 9110, 7.6.1."""
_OURS = frozenset(("authorization", "content-length", "expect", "x-forwarded-for"))
_OUR_PREFIXES = ("impersonate-", "x-remote-")
_TOKEN_PROTOCOL = "base64url.bearer.authorization.k8s.io."  # noqa: S105 (a prefix)

Pairs = list[tuple[str, str]]


SANDBOX = ("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")
"""Keeps a pod's page, which comes from the API's own address, away from the session of who looks at it."""


def has_session(given: Pairs) -> bool:
    """Tell whether a browser that is signed in to the console asks."""
    return any(name.lower() == "cookie" and f"{COOKIE}=" in value for name, value in given)


def inward(given: Pairs, *, upgrade: str, forwarded: dict[str, str], body: bytes, method: str) -> Pairs:
    """Return the headers with which a request is passed on."""
    named = _named(given)
    kept = [pair for pair in given if _is_passed(pair[0].lower(), named)]
    kept = [(name, value) for name, value in (_clean(*pair) for pair in kept) if value]
    earlier = ", ".join(value for name, value in given if name.lower() == "x-forwarded-for")
    chain = ", ".join(part for part in (earlier, forwarded.pop("X-Forwarded-For", "")) if part)
    added = [*forwarded.items(), *([("X-Forwarded-For", chain)] if chain else [])]
    if body or method in ("POST", "PUT", "PATCH"):
        added.append(("Content-Length", str(len(body))))
    connection = [("Connection", "Upgrade"), ("Upgrade", upgrade)] if upgrade else [("Connection", "close")]
    return kept + added + connection


def outward(given: Pairs) -> Pairs:
    """Return the headers with which an answer is passed back."""
    named = _named(given)
    return [
        (name, value)
        for name, value in given
        if name.lower() not in _HOP | named and not name.lower().startswith("access-control-")
    ]


def as_mapping(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name, values of repeated ones on lines of their own."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]}\r\n{name}: {value}" if name in found else value
    return found


def _named(given: Pairs) -> frozenset[str]:
    lines = (value for name, value in given if name.lower() == "connection")
    return frozenset(word.strip().lower() for line in lines for word in line.split(","))


def _is_passed(name: str, named: frozenset[str]) -> bool:
    return name not in _HOP | _OURS | named and not name.startswith(_OUR_PREFIXES)


def _clean(name: str, value: str) -> tuple[str, str]:
    """Take the platform's own session and tokens out of a header."""
    small = name.lower()
    if small == "cookie":
        kept = [part for part in value.split(";") if part.strip().partition("=")[0] != COOKIE]
        return name, ";".join(kept).strip()
    if small == "sec-websocket-protocol":
        kept = [part.strip() for part in value.split(",") if not part.strip().startswith(_TOKEN_PROTOCOL)]
        return name, ", ".join(kept)
    return name, value
