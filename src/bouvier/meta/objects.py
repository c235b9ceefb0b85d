"""Reading and marking plain API objects (JSON as dicts), the form that all actors use."""

from __future__ import annotations

from typing import Any, NewType

Obj = dict[str, Any]
"""An API object as decoded JSON. Objects handed out by caches are shared: never change them in place."""

Key = NewType("Key", str)
"""`namespace/name`, or `name` for a cluster-scoped object."""


def name_of(obj: Obj) -> str:
    """Return `metadata.name`."""
    return obj["metadata"].get("name", "")  # type: ignore[no-any-return]


def namespace_of(obj: Obj) -> str:
    """Return `metadata.namespace`, empty for cluster-scoped objects."""
    return obj["metadata"].get("namespace", "")  # type: ignore[no-any-return]


def uid_of(obj: Obj) -> str:
    """Return `metadata.uid`."""
    return obj["metadata"].get("uid", "")  # type: ignore[no-any-return]


def key_of(obj: Obj) -> Key:
    """Return the key under which caches and queues know the object."""
    namespace = namespace_of(obj)
    return Key(f"{namespace}/{name_of(obj)}" if namespace else name_of(obj))


def split_key(key: str) -> tuple[str, str]:
    """Return `(namespace, name)` of a key."""
    namespace, slash, name = key.partition("/")
    return (namespace, name) if slash else ("", namespace)


def labels_of(obj: Obj) -> dict[str, str]:
    """Return the labels, empty when there are none."""
    return obj["metadata"].get("labels") or {}


def annotations_of(obj: Obj) -> dict[str, str]:
    """Return the annotations, empty when there are none."""
    return obj["metadata"].get("annotations") or {}


def is_deleting(obj: Obj) -> bool:
    """Tell whether deletion was asked for and waits for finalizers or grace."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def controller_of(obj: Obj) -> dict[str, Any] | None:
    """Return the owner reference marked as controller, if there is one."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return reference  # type: ignore[no-any-return]
    return None


def owner_reference(owner: Obj) -> dict[str, Any]:
    """Return the controlling owner reference that children of `owner` carry."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition_of(obj: Obj, kind: str) -> dict[str, Any] | None:
    """Return the status condition of that type, if present."""
    for condition in (obj.get("status") or {}).get("conditions") or ():
        if condition.get("type") == kind:
            return condition  # type: ignore[no-any-return]
    return None


def is_condition_true(obj: Obj, kind: str) -> bool:
    """Tell whether the status condition of that type is `True`."""
    condition = condition_of(obj, kind)
    return condition is not None and condition.get("status") == "True"
