"""The served documents about a set of kinds: built on first request, kept as bytes, shared between logical clusters.

Two clusters with the same kinds share everything, and two that differ in one custom kind share the documents of every
other group version. Nothing is built at start. Building all takes some 200 ms of one core, so a server may want to
call the first time from a thread: the functions are pure and the caches only ever gain equal values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from bouvier.apiserver.openapi import discovery, v2, v2_protobuf, v3
from bouvier.apiserver.openapi.groups import Groups, by_group
from bouvier.apiserver.wire import negotiate
from bouvier.kinds.kind import Kind

_YEAR_SECONDS = 365 * 24 * 3600
_SETS_KEPT = 32
_GROUP_VERSIONS_KEPT = 256


class Served(NamedTuple):
    """A document as it goes out."""

    content: bytes
    content_type: str
    etag: str
    """Hash of the content, with quotes, as the header `ETag` wants it."""

    @property
    def hash(self) -> str:
        """Return the hash without quotes, as URLs carry it."""
        return self.etag.strip('"')

    def headers(self, asked_hash: str = "") -> dict[str, str]:
        """Return the headers of the answer; `asked_hash` is the URL's: a document asked by its own hash never changes."""
        headers = {"Content-Type": self.content_type, "ETag": self.etag, "Vary": "Accept"}
        if asked_hash and asked_hash == self.hash:
            headers["Cache-Control"] = f"public, immutable, max-age={_YEAR_SECONDS}"
        return headers


class _Identity(tuple[Kind, ...]):
    """Kinds as a cache key: equal to the very same kinds only, which it keeps alive."""

    __slots__ = ()

    def __hash__(self) -> int:
        return hash(tuple(id(kind) for kind in self))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Identity)
            and len(self) == len(other)
            and all(one is two for one, two in zip(self, other, strict=True))
        )

    def __ne__(self, other: object) -> bool:
        return not self == other


class Documents:
    """Discovery and OpenAPI about one set of kinds."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.kinds = kinds
        self.groups: Groups = by_group(kinds)
        self._by_v3_key = {
            f"apis/{group}/{version}" if group else f"api/{version}": listed
            for group, versions in self.groups.items()
            for version, listed in versions.items()
        }
        self._built: dict[tuple[str, ...], Served] = {}

    def api(self, server_address: str, accept: str = "") -> Served:
        """Return `/api`; `server_address` is `host:port`."""
        rendering = negotiate.for_discovery(accept)
        if rendering.transform:
            return self._aggregated(rendering, core=True)
        return served(discovery.api_versions(server_address))

    def apis(self, accept: str = "") -> Served:
        """Return `/apis`."""
        rendering = negotiate.for_discovery(accept)
        if rendering.transform:
            return self._aggregated(rendering, core=False)
        return self._once(("groups",), lambda: discovery.group_list(self.groups))

    def group(self, name: str) -> Served | None:
        """Return `/apis/GROUP`, None when there is no such group."""
        if not name or name not in self.groups:
            return None
        return self._once(("group", name), lambda: discovery.group(name, list(self.groups[name])))

    def resources(self, group: str, version: str) -> Served | None:
        """Return `/api/v1` (empty group) or `/apis/GROUP/VERSION`, None when it does not exist."""
        kinds = self.groups.get(group, {}).get(version)
        if kinds is None:
            return None
        group_version = f"{group}/{version}" if group else version
        return self._once(
            ("resources", group, version),
            lambda: discovery.resource_list(group_version, kinds),
        )

    def openapi_v3_index(self, prefix: str = "") -> Served:
        """Return `/openapi/v3`; `prefix` is the path of the logical cluster."""

        def build() -> dict[str, Any]:
            hashes = {key: _v3_document(_Identity(kinds)).hash for key, kinds in self._by_v3_key.items()}
            return v3.index(hashes, prefix)

        return self._once(("openapi v3", prefix), build)

    def openapi_v3(self, key: str) -> Served | None:
        """Return `/openapi/v3/KEY`, where the key is `api/v1` or `apis/GROUP/VERSION`; None when it does not exist."""
        kinds = self._by_v3_key.get(key)
        return None if kinds is None else _v3_document(_Identity(kinds))

    def openapi_v2(self, accept: str = "") -> Served:
        """Return `/openapi/v2`, as JSON or protobuf."""
        media = negotiate.for_openapi_v2(accept).media
        return _v2_document(_Identity(self.kinds), media)

    def _aggregated(self, rendering: negotiate.Rendering, *, core: bool) -> Served:
        return self._once(
            ("aggregated", rendering.version, str(core)),
            lambda: discovery.aggregated(self.groups, rendering.version, core=core),
            rendering.content_type,
        )

    def _once(
        self, key: tuple[str, ...], build: Callable[[], dict[str, Any]], content_type: str = negotiate.JSON
    ) -> Served:
        if key not in self._built:
            self._built[key] = served(build(), content_type)
        return self._built[key]


def documents(kinds: Iterable[Kind]) -> Documents:
    """Return the documents about these kinds, the same object for the same kinds."""
    return _documents(_Identity(kinds))


def served(document: dict[str, Any], content_type: str = negotiate.JSON) -> Served:
    """Return a document as JSON bytes with their hash."""
    return _served(orjson.dumps(document), content_type)


def _served(content: bytes, content_type: str) -> Served:
    digest = hashlib.sha256(content).hexdigest().upper()
    return Served(content, content_type, f'"{digest}"')


@lru_cache(_SETS_KEPT)
def _documents(kinds: _Identity) -> Documents:
    return Documents(kinds)


@lru_cache(_GROUP_VERSIONS_KEPT)
def _v3_document(kinds: _Identity) -> Served:
    return served(v3.document(kinds))


@lru_cache(_SETS_KEPT)
def _v2_document(kinds: _Identity, media: str) -> Served:
    document = v2.document(kinds)
    if media == negotiate.OPENAPI_V2_PROTOBUF:
        return _served(v2_protobuf.encode(document), media)
    return served(document)
