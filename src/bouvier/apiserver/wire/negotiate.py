"""What a client wants to receive: the Accept header against what is offered.

Every function is cached by the header's text, for clients send the same few headers for ever. A clause that cannot be
served is passed over, the next best is taken, and 406 is the answer only when none fits. Of clauses that a client likes
equally the first of the most exact ones is the best. Protobuf comes last, whatever its place in the header, for it costs
most (design/wire.md): only clients that take nothing else are answered in it.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from bouvier.meta.errors import ApiError

JSON = "application/json"
YAML = "application/yaml"
CBOR = "application/cbor"
CBOR_SEQUENCE = "application/cbor-seq"
PROTOBUF = "application/vnd.kubernetes.protobuf"
PROTOBUF_SEQUENCE = f"{PROTOBUF};stream=watch"
OPENAPI_V2_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"

_META_GROUP = "meta.k8s.io"
_DISCOVERY_GROUP = "apidiscovery.k8s.io"
_TRANSFORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_META_VERSIONS = ("v1", "v1beta1")
_OBJECT_MEDIA = {
    "application/*": JSON,
    "*/*": JSON,
    JSON: JSON,
    YAML: YAML,
    "application/x-yaml": YAML,
    "text/yaml": YAML,
    CBOR: CBOR,
}
_WATCH_MEDIA = {"application/*": JSON, "*/*": JSON, JSON: JSON, CBOR: CBOR_SEQUENCE, CBOR_SEQUENCE: CBOR_SEQUENCE}
_LAST_OBJECT_MEDIA = {PROTOBUF: PROTOBUF}
_LAST_WATCH_MEDIA = {PROTOBUF: PROTOBUF_SEQUENCE}
"""What is answered when nothing else fits."""
_STREAMS = ("", "watch")
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
    is_pretty: bool = False
    """Whether the answer is written for people, when it is JSON."""

    @property
    def content_type(self) -> str:
        """Return the Content-Type of the answer."""
        if self.group == _DISCOVERY_GROUP:
            return f"{self.media};g={self.group};v={self.version};as={self.transform}"
        return self.media


@lru_cache(_HEADERS_KEPT)
def for_objects(accept: str) -> Rendering:
    """Return how objects and lists are written for an Accept header.

    Raises:
        ApiError: NotAcceptable when the header leaves nothing that is offered.

    """
    found = next(_offers(accept, _OBJECT_MEDIA, _LAST_OBJECT_MEDIA), None)
    if found is None:
        raise _not_acceptable(JSON, YAML, PROTOBUF, CBOR)
    return found


@lru_cache(_HEADERS_KEPT)
def for_answers(accept: str) -> Rendering:
    """Return how what has no table and no metadata (reviews, orders to a subresource) is written.

    Raises:
        ApiError: NotAcceptable when the header leaves nothing that is offered.

    """
    offers = _offers(accept, _OBJECT_MEDIA, _LAST_OBJECT_MEDIA)
    found = next((one for one in offers if not one.transform), None)
    if found is None:
        raise _not_acceptable(JSON, YAML, PROTOBUF, CBOR)
    return found


@lru_cache(_HEADERS_KEPT)
def for_refusals(accept: str) -> Rendering:
    """Return how a Status that tells of an error is written: in any case, and as JSON when nothing else fits."""
    return next(_offers(accept, _OBJECT_MEDIA, _LAST_OBJECT_MEDIA), Rendering(JSON))


@lru_cache(_HEADERS_KEPT)
def for_watches(accept: str) -> Rendering:
    """Return how watch events are written for an Accept header.

    Raises:
        ApiError: NotAcceptable when the header leaves nothing that is offered.

    """
    found = next(_offers(accept, _WATCH_MEDIA, _LAST_WATCH_MEDIA), None)
    if found is None:
        raise _not_acceptable(f"{JSON};stream=watch", PROTOBUF_SEQUENCE, CBOR_SEQUENCE)
    return found


@lru_cache(_HEADERS_KEPT)
def for_discovery(accept: str) -> Rendering:
    """Return how discovery is written: `/api` and `/apis` aggregated when the client knows that form.

    Raises:
        ApiError: NotAcceptable when the header leaves nothing that is offered.

    """
    for clause in _clauses(accept):
        media = _OBJECT_MEDIA.get(clause.media)
        wanted = clause.parameters.get("as", "")
        version = clause.parameters.get("v", "")
        if media and not wanted:
            return Rendering(media)
        if media == JSON and wanted == "APIGroupDiscoveryList" and version in _DISCOVERY_VERSIONS:
            return Rendering(JSON, wanted, version, _DISCOVERY_GROUP)
    found = next((one for one in _renderings(accept, _LAST_OBJECT_MEDIA) if not one.transform), None)
    if found is None:
        raise _not_acceptable(JSON, YAML, PROTOBUF, CBOR)
    return found


@lru_cache(_HEADERS_KEPT)
def for_openapi_v2(accept: str) -> Rendering:
    """Return how `/openapi/v2` is written: JSON by default, protobuf when asked."""
    for clause in _clauses(accept):
        if clause.media.startswith("application/com.github.proto-openapi.spec.v2") and "protobuf" in clause.media:
            return Rendering(OPENAPI_V2_PROTOBUF)
        if clause.media in (JSON, "application/*", "*/*"):
            return Rendering(JSON)
    raise _not_acceptable(JSON, OPENAPI_V2_PROTOBUF)


def no_protobuf_form() -> ApiError:
    """Return the refusal of a kind that has no protobuf form to a client that takes nothing else."""
    return _not_acceptable(JSON, YAML, CBOR)


def _offers(accept: str, *media: Mapping[str, str]) -> Iterator[Rendering]:
    """Yield everything that a header leads to, best first: all of the first media types, then all of the next."""
    return (rendering for offered in media for rendering in _renderings(accept, offered))


def _renderings(accept: str, offered: Mapping[str, str]) -> Iterator[Rendering]:
    """Yield what those clauses lead to that can be served, best first."""
    is_page = "text/html" in accept
    return filter(None, (_rendering(clause, offered, is_page=is_page) for clause in _clauses(accept)))


def _rendering(clause: Clause, offered: Mapping[str, str], *, is_page: bool) -> Rendering | None:
    media, parameters = offered.get(clause.media), clause.parameters
    if media is None or parameters.get("stream", "") not in _STREAMS:
        return None
    is_pretty = is_page or parameters.get("pretty") == "1"
    wanted, version, group = (parameters.get(name, "") for name in ("as", "v", "g"))
    if not wanted and not version and not group:
        return Rendering(media, is_pretty=is_pretty)
    known = wanted in _TRANSFORMS and version in _META_VERSIONS and group == _META_GROUP
    if wanted == "Table" and media.startswith(PROTOBUF):
        return None  # its cells may be anything, for which protobuf has no type
    return Rendering(media, wanted, version, group, is_pretty) if known else None


@lru_cache(_HEADERS_KEPT)
def _clauses(accept: str) -> tuple[Clause, ...]:
    """Return the media types of a header, best first; no header means anything."""
    clauses = [_clause(text) for text in (accept or "*/*").split(",") if text.strip()]
    wanted = [clause for clause in clauses if clause.quality > 0]
    return tuple(sorted(wanted, key=lambda clause: (-clause.quality, clause.media.count("*"))))


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
