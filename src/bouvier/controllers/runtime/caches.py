"""The shared caches with the indexes that several controllers use, so that each resource is watched once.

Pods are found by controller (`owner`), by host (`host`) and by label (`label`); what a controller owns by `owner`.
"""

from __future__ import annotations

from collections.abc import Iterable

from bouvier.client.informer import Informer, InformerSet
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of, labels_of, namespace_of
from bouvier.meta.resources import PODS
from bouvier.meta.selectors import LabelSelector

ORPHANS = "none/"
"""Before a namespace: the index value of its objects without a controller."""


def _owner(obj: Obj) -> str:
    controller = controller_of(obj)
    return controller["uid"] if controller else ORPHANS + namespace_of(obj)


def _host(pod: Obj) -> str:
    return pod["spec"].get("nodeName") or ""


def _labels(obj: Obj) -> Iterable[str]:
    namespace = namespace_of(obj)
    return [f"{namespace}/{name}={value}" for name, value in labels_of(obj).items()]


def pods(informers: InformerSet) -> Informer:
    """Return the cache of all pods."""
    return informers.informer(PODS, indexes={"owner": _owner, "host": _host, "label": _labels})


def owned(informers: InformerSet, resource: Resource) -> Informer:
    """Return the cache of a resource whose objects have controllers."""
    return informers.informer(resource, indexes={"owner": _owner})


def selected(pod_cache: Informer, namespace: str, selector: LabelSelector) -> list[Obj]:
    """Return the pods of the namespace that the selector matches, without looking at all of them if it names a label."""
    pair = next(iter(selector.equalities.items()), None)
    if pair is None:
        candidates = pod_cache.items(namespace)
    else:
        candidates = pod_cache.indexed("label", f"{namespace}/{pair[0]}={pair[1]}")
    return [pod for pod in candidates if selector.matches(labels_of(pod))]


def candidates(cache: Informer, owner: Obj) -> list[Obj]:
    """Return what `owner` controls and what has no controller in its namespace."""
    return cache.indexed("owner", owner["metadata"]["uid"]) + cache.indexed("owner", ORPHANS + namespace_of(owner))
