"""Paths and operations of kinds, in a form that both versions of OpenAPI are written from.

Clients look here for what a kind supports: server-side validation (`fieldValidation`), dry run, kinds of patches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bouvier.apiserver.openapi.components import (
    DELETE_OPTIONS,
    PATCH,
    STATUS,
    GroupVersionKind,
    body_name_of,
    gvk_of,
    list_name_of,
    name_of,
)
from bouvier.apiserver.wire.bodies import APPLY_PATCH, JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH
from bouvier.kinds.kind import Kind, Subresource


class Parameter(NamedTuple):
    """A parameter of the query or the path."""

    name: str
    type: str
    description: str
    place: str = "query"


_QUERY = {
    parameter.name: parameter
    for parameter in (
        Parameter("pretty", "string", "Write the answer with line breaks when 'true'."),
        Parameter("allowWatchBookmarks", "boolean", "Let a watch carry BOOKMARK events."),
        Parameter("continue", "string", "Token of the previous answer, to go on with a list in pieces."),
        Parameter("fieldSelector", "string", "Restrict the list of returned objects to those whose fields match."),
        Parameter("labelSelector", "string", "Restrict the list of returned objects to those whose labels match."),
        Parameter("limit", "integer", "Most objects in one answer."),
        Parameter("resourceVersion", "string", "How recent the answer must be."),
        Parameter("resourceVersionMatch", "string", "How resourceVersion is applied: Exact or NotOlderThan."),
        Parameter("sendInitialEvents", "boolean", "Let a watch begin with the present objects."),
        Parameter("timeoutSeconds", "integer", "End of a list or watch, whatever happens."),
        Parameter("watch", "boolean", "Watch for changes to the described resources instead of answering with a list."),
        Parameter("dryRun", "string", "Do everything but store the result; the only value is All."),
        Parameter("fieldManager", "string", "Name under which the fields of this write are tracked."),
        Parameter("fieldValidation", "string", "What unknown and duplicate fields lead to: Ignore, Warn or Strict."),
        Parameter("force", "boolean", "Take fields over from other managers; for apply patches only."),
        Parameter("gracePeriodSeconds", "integer", "Seconds that the object has to end in order; zero means at once."),
        Parameter("orphanDependents", "boolean", "Deprecated: use propagationPolicy."),
        Parameter("propagationPolicy", "string", "What happens to dependents: Orphan, Background or Foreground."),
    )
}
_LISTING = (
    "allowWatchBookmarks",
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "sendInitialEvents",
    "timeoutSeconds",
    "watch",
)
_WRITING = ("dryRun", "fieldManager", "fieldValidation")
_DELETING = ("dryRun", "gracePeriodSeconds", "orphanDependents", "propagationPolicy")

NAMESPACE = Parameter("namespace", "string", "Namespace of the objects.", "path")
NAME = Parameter("name", "string", "Name of the object.", "path")


class _Verb(NamedTuple):
    method: str
    action: str
    query: tuple[str, ...]


_COLLECTION_VERBS = {
    "list": _Verb("get", "list", _LISTING),
    "create": _Verb("post", "post", _WRITING),
    "deletecollection": _Verb("delete", "deletecollection", (*_LISTING, *_DELETING)),
}
_OBJECT_VERBS = {
    "get": _Verb("get", "get", ()),
    "update": _Verb("put", "put", _WRITING),
    "patch": _Verb("patch", "patch", (*_WRITING, "force")),
    "delete": _Verb("delete", "delete", _DELETING),
}
_SUBRESOURCE_VERBS = _OBJECT_VERBS | {"create": _Verb("post", "post", _WRITING)}


class Operation(NamedTuple):
    """One method of one path."""

    method: str
    action: str
    """What `x-kubernetes-action` says."""
    identifier: str
    gvk: GroupVersionKind
    """Kind of the body."""
    body: str
    """Definition of the request's body; empty without one."""
    answer: str
    """Definition of the answer; empty for text and streams."""
    query: tuple[Parameter, ...]
    patch_types: tuple[str, ...] = ()


class Path(NamedTuple):
    """One URL with its operations."""

    url: str
    parameters: tuple[Parameter, ...]
    operations: list[Operation]


class _Names(NamedTuple):
    """Names from which identifiers and schemas of a path's operations come."""

    suffix: str
    gvk: GroupVersionKind
    definition: str
    list_definition: str
    is_custom: bool


def paths_of(kinds: Iterable[Kind]) -> list[Path]:
    """Return every path of the kinds that has an operation."""
    found = [path for kind in kinds for path in _kind_paths(kind)]
    return [path for path in found if path.operations]


def _kind_paths(kind: Kind) -> Iterator[Path]:
    resource = kind.resource
    root = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    group = "".join(part.capitalize() for part in (resource.group or "core").split(".")[0].split("-"))
    scope = "Namespaced" if resource.namespaced else ""
    names = _Names(
        f"{group}{resource.version.capitalize()}{scope}{resource.kind}",
        gvk_of(kind),
        name_of(kind),
        list_name_of(kind),
        is_custom=not kind.definition,
    )
    if resource.namespaced:
        everywhere = names._replace(suffix=names.suffix.replace("Namespaced", "") + "ForAllNamespaces")
        readable = [verb for verb in kind.verbs if verb == "list"]
        yield Path(f"{root}/{resource.plural}", (), _operations(_COLLECTION_VERBS, readable, everywhere))
        root += "/namespaces/{namespace}"
    above = (NAMESPACE,) if resource.namespaced else ()
    collection = f"{root}/{resource.plural}"
    yield Path(collection, above, _operations(_COLLECTION_VERBS, kind.verbs, names))
    yield Path(f"{collection}/{{name}}", (*above, NAME), _operations(_OBJECT_VERBS, kind.verbs, names))
    for sub in kind.subresources.values():
        operations = _operations(_SUBRESOURCE_VERBS, sub.verbs, _subresource_names(kind, sub, names))
        yield Path(f"{collection}/{{name}}/{sub.name}", (*above, NAME), operations)


def _subresource_names(kind: Kind, sub: Subresource, names: _Names) -> _Names:
    return names._replace(
        suffix=names.suffix + sub.name.capitalize(),
        gvk=GroupVersionKind(sub.group, sub.version, sub.kind),
        definition=body_name_of(kind, sub),
    )


def _operations(known: dict[str, _Verb], verbs: Iterable[str], names: _Names) -> list[Operation]:
    return [_operation(verb, known[verb], names) for verb in sorted(verbs) if verb in known]


def _operation(verb: str, form: _Verb, names: _Names) -> Operation:
    bodies = {"post": names.definition, "put": names.definition, "patch": PATCH, "delete": DELETE_OPTIONS}
    answers = {"list": names.list_definition, "delete": STATUS, "deletecollection": STATUS}
    return Operation(
        form.method,
        form.action,
        verb + names.suffix,
        names.gvk,
        bodies.get(form.method, ""),
        answers.get(form.action, names.definition),
        tuple(_QUERY[name] for name in ("pretty", *form.query)),
        _patch_types(is_custom=names.is_custom) if verb == "patch" else (),
    )


def _patch_types(*, is_custom: bool) -> tuple[str, ...]:
    plain = (APPLY_PATCH, JSON_PATCH, MERGE_PATCH)
    return plain if is_custom else (*plain, STRATEGIC_MERGE_PATCH)
