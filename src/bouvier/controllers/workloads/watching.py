"""Wakes owners when something that they own, or might adopt, changes."""

from __future__ import annotations

from collections.abc import Callable

from bouvier.client.informer import Informer
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of, key_of, labels_of, namespace_of
from bouvier.meta.selectors import from_object


class OwnerWatch:
    """A handler of dependents' changes for owners of one resource that select by `spec.selector`."""

    def __init__(self, resource: Resource, owners: Informer, wake: Callable[[str], None]) -> None:
        self._resource = resource
        self._owners = owners
        self._wake = wake

    def changed(self, event_type: str, old: Obj | None, new: Obj) -> None:
        """Wake the controllers before and after, and whoever matches an orphan."""
        for dependent in (old, new) if old else (new,):
            controller = controller_of(dependent)
            if controller is None:
                continue
            if controller["kind"] == self._resource.kind and controller["apiVersion"] == self._resource.api_version:
                self._wake(f"{namespace_of(dependent)}/{controller['name']}")
        if controller_of(new) is None and event_type != "DELETED" and _may_be_adopted(old, new):
            self._orphan_found(new)

    def _orphan_found(self, orphan: Obj) -> None:
        for owner in self._owners.items(namespace_of(orphan)):
            if from_object(owner["spec"].get("selector")).matches(labels_of(orphan)):
                self._wake(key_of(owner))


def _may_be_adopted(old: Obj | None, new: Obj) -> bool:
    return old is None or labels_of(old) != labels_of(new) or controller_of(old) is not None
