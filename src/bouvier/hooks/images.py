"""Names of images as registries and containers write them. Pure.

Source: distribution reference grammar, https://github.com/distribution/reference.
"""

from __future__ import annotations

from typing import NamedTuple

HUB = "docker.io"
_HUB_NAMES = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")


class Image(NamedTuple):
    """An image's name in parts."""

    repository: str
    """As written: with host if it was named."""
    tag: str
    digest: str

    @property
    def text(self) -> str:
        """Return the whole name."""
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def parse(text: str) -> Image:
    """Return the parts of a name; a missing tag is empty."""
    name, _, digest = text.partition("@")
    head, slash, last = name.rpartition("/")
    last, _, tag = last.partition(":")
    return Image(head + slash + last, tag, digest)


def normal(repository: str) -> str:
    """Return a repository's full name: `web` is `docker.io/library/web`."""
    host, slash, rest = repository.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, rest = HUB, repository
    if host in _HUB_NAMES:
        host = HUB
        if "/" not in rest:
            rest = f"library/{rest}"
    return f"{host}/{rest}"


def is_same(one: str, other: str) -> bool:
    """Tell whether two names mean the same repository."""
    return normal(one) == normal(other)
