"""What a client wants to receive: the Accept header against what is offered.

Every function is cached by the header's text, for clients send the same few headers for ever. A clause that cannot be
served is passed over, the next best is taken, and 406 is the answer only when none fits. Responses are never protobuf
or CBOR: clients that ask for those list JSON too.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from bouvier.meta.errors import ApiError

JSON = "application/json"
YAML = "application/yaml"
OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

_META_GROUP = "meta.k8s.io"
_DISCOVERY_GROUP = "apidiscovery.k8s.io"
_TRANSFORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_META_VERSIONS = ("v1", "v1beta1")
_DISCOVERY_VERSIONS = ("v2", "v2beta1")
_HEADERS_KEPT = 256


class Clause(NamedTuple):
    """One media type of an Accept header."""

    media: str
    quality: float
    parameters: Mapping[str, str]


class Rendering(NamedTuple):
    """How the answer is written."""

    media: str
    """Media type of the answer, the value of Content-Type unless there is a transform."""
    transform: str = ""
    """Kind that stands for the objects: `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList`,
    `APIGroupDiscoveryList`; empty for the objects themselves."""
    version: str = ""
    """Version of that kind."""
    group: str = ""

    @property
    def content_type(self) -> str:
        """Return the Content-Type of the answer."""
        if self.group == _DISCOVERY_GROUP:
            return f"{self.media};g={self.group};v={self.version};as={self.transform}"
        return self.media


@lru_cache(_HEADERS_KEPT)
def for_objects(accept: str) -> Rendering:
    """Return how objects, lists and watch events are written for an Accept header.

    Raises:
        ApiError: NotAcceptable when the header leaves nothing that is offered.

    """
    for clause in _clauses(accept):
        rendering = _object_rendering(clause)
        if rendering:
            return rendering
    raise _not_acceptable(JSON, YAML)


@lru_cache(_HEADERS_KEPT)
def for_discovery(accept: str) -> Rendering:
    """Return how `/api` and `/apis` are written: aggregated when the client knows that form."""
    for clause in _clauses(accept):
        if clause.media not in (JSON, "application/*", "*/*"):
            continue
        wanted = clause.parameters.get("as", "")
        version = clause.parameters.get("v", "")
        if not wanted:
            return Rendering(JSON)
        if wanted == "APIGroupDiscoveryList" and version in _DISCOVERY_VERSIONS:
            return Rendering(JSON, wanted, version, _DISCOVERY_GROUP)
    raise _not_acceptable(JSON)


@lru_cache(_HEADERS_KEPT)
def for_openapi_v2(accept: str) -> Rendering:
    """Return how `/openapi/v2` is written: JSON by default, protobuf when asked."""
    for clause in _clauses(accept):
        if clause.media.startswith("application/com.github.proto-openapi.spec.v2") and "protobuf" in clause.media:
            return Rendering(OPENAPI_V2_PROTOBUF)
        if clause.media in (JSON, "application/*", "*/*"):
            return Rendering(JSON)
    raise _not_acceptable(JSON, OPENAPI_V2_PROTOBUF)


@lru_cache(_HEADERS_KEPT)
def for_json(accept: str) -> Rendering:
    """Return the rendering of documents that exist as JSON only."""
    for clause in _clauses(accept):
        if clause.media in (JSON, "application/*", "*/*") and "as" not in clause.parameters:
            return Rendering(JSON)
    raise _not_acceptable(JSON)


def _object_rendering(clause: Clause) -> Rendering | None:
    media = {"application/*": JSON, "*/*": JSON, "text/yaml": YAML, "application/x-yaml": YAML}.get(
        clause.media, clause.media
    )
    if media not in (JSON, YAML):
        return None
    wanted = clause.parameters.get("as", "")
    if not wanted:
        return Rendering(media)
    version = clause.parameters.get("v", "")
    known = wanted in _TRANSFORMS and version in _META_VERSIONS and clause.parameters.get("g", "") == _META_GROUP
    return Rendering(media, wanted, version, _META_GROUP) if known else None


@lru_cache(_HEADERS_KEPT)
def _clauses(accept: str) -> tuple[Clause, ...]:
    """Return the media types of a header, best first; no header means anything."""
    clauses = [_clause(text) for text in (accept or "*/*").split(",") if text.strip()]
    wanted = [clause for clause in clauses if clause.quality > 0]
    return tuple(sorted(wanted, key=lambda clause: -clause.quality))


def _clause(text: str) -> Clause:
    media, *rest = text.split(";")
    parameters = {}
    for parameter in rest:
        name, _, value = parameter.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    return Clause(media.strip().lower(), _quality(parameters.pop("q", "1")), parameters)


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _not_acceptable(*offered: str) -> ApiError:
    return ApiError("NotAcceptable", "only the following media types are accepted: " + ", ".join(offered))
