"""Kubernetes' URL functions.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-url-library
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from bouvier.meta.cel.errors import EvaluationError
from bouvier.meta.cel.functions import Overload, function, method, traversal
from bouvier.meta.cel.types import BOOL, STRING, list_of, map_of, opaque
from bouvier.meta.cel.values import Opaque

URL = opaque("kubernetes.URL")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT = re.compile(r"(?::\d*)?")
_PATH_SAFE = "/$&+,:;=@!'()*~"


class Url(Opaque):
    """An absolute URL or absolute path, cut into its parts."""

    __slots__ = ("host", "path", "port", "query", "scheme", "text")
    type_name = "kubernetes.URL"

    def __init__(self, text: str) -> None:
        if _CONTROL.search(text) or (not text.startswith("/") and "://" not in text):
            raise ValueError(text)
        parts = urlsplit(text)
        if _BAD_ESCAPE.search(parts.path) or " " in parts.netloc:
            raise ValueError(text)
        if not text.startswith("/") and (not _SCHEME.fullmatch(parts.scheme)):
            raise ValueError(text)
        self.text = text
        self.scheme, self.path, self.query = parts.scheme, unquote(parts.path), parts.query
        self.host = parts.netloc.rpartition("@")[2]
        self.port = self._port()

    def _port(self) -> str:
        rest = self.host.rpartition("]")[2]
        if rest.count(":") > 1 or not _PORT.fullmatch(rest[rest.find(":") :] if ":" in rest else ""):
            raise ValueError(self.text)
        return rest.partition(":")[2]

    @property
    def hostname(self) -> str:
        """Return the host without its port and brackets."""
        if self.host.startswith("["):
            return self.host[1:].partition("]")[0]
        return self.host.partition(":")[0]

    def identity(self) -> Any:
        """Compare by text."""
        return self.text


def _parse(text: str) -> Url:
    try:
        return Url(text)
    except ValueError:
        raise EvaluationError(
            f"URL parse error during conversion from string: parse {quote_go(text)}: invalid URI for request"
        ) from None


def quote_go(text: str) -> str:
    """Return a text between double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_url(text: str) -> bool:
    try:
        Url(text)
    except ValueError:
        return False
    return True


def _query(url: Url) -> dict[str, list[str]]:
    return parse_qs(url.query, keep_blank_values=True)


FUNCTIONS: tuple[Overload, ...] = (
    function("url", (STRING,), URL, _parse, traversal()),
    function("isURL", (STRING,), BOOL, _is_url, traversal()),
    method("getScheme", (URL,), STRING, lambda url: url.scheme),
    method("getHost", (URL,), STRING, lambda url: url.host),
    method("getHostname", (URL,), STRING, lambda url: url.hostname),
    method("getPort", (URL,), STRING, lambda url: url.port),
    method("getEscapedPath", (URL,), STRING, lambda url: quote(url.path, safe=_PATH_SAFE)),
    method("getQuery", (URL,), map_of(STRING, list_of(STRING)), _query),
)
