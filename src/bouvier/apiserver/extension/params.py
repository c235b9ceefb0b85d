"""Finding the parameters that a binding of a policy names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.apiserver.extension.attributes import Attributes
from bouvier.apiserver.versions import all_shown
from bouvier.kinds.kind import Kind
from bouvier.meta.gvk import split_api_version
from bouvier.meta.objects import Obj
from bouvier.meta.selectors import from_object


class ParamError(Exception):
    """The parameters cannot be had; the message says why."""


async def params_of(attributes: Attributes, spec: Mapping[str, Any], binding: Mapping[str, Any]) -> list[Obj | None]:
    """Return what a policy is to be evaluated with, once for each: nothing, one object or several.

    Raises:
        ParamError: the kind is not served, or nothing was found and that is an error.

    """
    declared, reference = spec.get("paramKind"), binding.get("paramRef")
    if declared is None or reference is None:
        return [None]
    call = attributes.call
    group, version = split_api_version(declared["apiVersion"])
    kind = call.context.kinds.by_kind(call.cluster, group, version, declared["kind"])
    if kind is None:
        raise ParamError(
            f"failed to find resource referenced by paramKind: '{declared['apiVersion']}, Kind={declared['kind']}'"
        )
    found = await _found(attributes, kind, reference)
    if found or reference.get("parameterNotFoundAction") == "Allow":
        return list(found)
    raise ParamError("no params found for policy binding with `Deny` parameterNotFoundAction")


async def _found(attributes: Attributes, kind: Kind, reference: Mapping[str, Any]) -> list[Obj]:
    call, namespace = attributes.call, ""
    if kind.resource.namespaced:
        namespace = reference.get("namespace") or attributes.namespace
        if not namespace:
            raise ParamError("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
    elif reference.get("namespace"):
        raise ParamError("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
    cache = call.context.hub.resource(call.cluster, kind.resource.group, kind.resource.plural)
    if reference.get("name"):
        entry = cache.entries.get(f"{namespace}/{reference['name']}")
        entries = [] if entry is None else [entry]
    else:
        selector = from_object(reference.get("selector"))
        chosen = cache.in_namespace(namespace) if namespace else cache.entries.values()
        entries = [entry for entry in chosen if selector.matches(entry.labels)]
    return [entry.decode() for entry in await all_shown(kind, entries)]
