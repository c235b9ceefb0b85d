"""Calls that the server makes of itself about objects of these groups, once the caller was allowed to cause them."""

from __future__ import annotations

from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj


def internal_call(
    context: Context, cluster: str, resource: Resource, namespace: str, name: str = "", *, subresource: str = ""
) -> Call:
    """Return a call of the server's own for an object or collection."""
    kind = context.kinds.find(cluster, resource.group, resource.version, resource.plural)
    assert kind is not None, resource.plural
    target = Target(resource.group, resource.version, resource.plural, namespace, name, subresource, "")
    return Call(context, internal_request(cluster, SELF), kind, target)


def look_up(context: Context, cluster: str, resource: Resource, namespace: str, name: str) -> Obj | None:
    """Return an object, None when there is none."""
    place = namespace if resource.namespaced else ""
    entry = context.hub.resource(cluster, resource.group, resource.plural).entries.get(f"{place}/{name}")
    return entry.decode() if entry is not None else None
