"""Making an answer fit the path under which it is seen: redirects and the links of HTML pages (pure).

Only what points at the answering server itself is changed, and only addresses that begin at its root: relative ones
work as they are.
Source: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/proxy#Transport
"""

from __future__ import annotations

import html
import posixpath
import re
from urllib.parse import urlsplit, urlunsplit

_LINKS: dict[str, tuple[str, ...]] = {
    "a": ("href",),
    "applet": ("codebase",),
    "area": ("href",),
    "audio": ("src",),
    "base": ("href",),
    "blockquote": ("cite",),
    "body": ("background",),
    "button": ("formaction",),
    "command": ("icon",),
    "del": ("cite",),
    "embed": ("src",),
    "form": ("action",),
    "frame": ("longdesc", "src"),
    "head": ("profile",),
    "html": ("manifest",),
    "iframe": ("longdesc", "src"),
    "img": ("longdesc", "src", "usemap"),
    "input": ("formaction", "src", "usemap"),
    "ins": ("cite",),
    "link": ("href",),
    "object": ("classid", "codebase", "data", "usemap"),
    "q": ("cite",),
    "script": ("src",),
    "source": ("src",),
    "video": ("poster", "src"),
}
"""Attributes that hold addresses, by element. Source: the HTML standard's index of attributes."""
_TAG = re.compile(
    r"(?P<comment><!--.*?-->)|<(?P<name>[a-zA-Z]+)(?P<rest>(?:\s+[^<>\"']*(?:\"[^\"]*\"|'[^']*')?)*[^<>]*)>", re.DOTALL
)
_ATTRIBUTE = re.compile(r"(?P<name>[a-zA-Z-]+)(?P<equals>\s*=\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'>]+)")


def rewrite_address(address: str, prefix: str, own_hosts: tuple[str, ...]) -> str:
    """Return an address as it is reached from outside; `own_hosts` are names that mean the answering server."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return address
    if (parts.netloc and parts.netloc not in own_hosts) or not parts.path.startswith("/"):
        return address
    if parts.path.startswith(prefix):
        return urlunsplit(parts._replace(scheme="", netloc=""))
    path = posixpath.normpath(prefix + parts.path)
    if parts.path.endswith("/"):
        path += "/"
    return urlunsplit(parts._replace(scheme="", netloc="", path=path))


def rewrite_page(text: str, prefix: str, own_hosts: tuple[str, ...]) -> str:
    """Return an HTML page with its links as they are reached from outside."""

    def tag(match: re.Match[str]) -> str:
        names = _LINKS.get((match["name"] or "").lower())
        if match["comment"] or not names:
            return match[0]

        def attribute(found: re.Match[str]) -> str:
            if found["name"].lower() not in names:
                return found[0]
            quote = found["value"][0] if found["value"][0] in "\"'" else '"'
            old = html.unescape(found["value"].strip("\"'"))
            new = rewrite_address(old, prefix, own_hosts)
            return found[0] if new == old else f"{found['name']}{found['equals']}{quote}{html.escape(new)}{quote}"

        return f"<{match['name']}{_ATTRIBUTE.sub(attribute, match['rest'])}>"

    return _TAG.sub(tag, text)
