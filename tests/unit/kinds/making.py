"""Objects for tests, as small as they can be and valid."""

from __future__ import annotations

import copy
from typing import Any

from bouvier.kinds.kind import Kind
from bouvier.kinds.registry import builtin

Obj = dict[str, Any]


def kind_named(plural: str, group: str = "", version: str = "v1") -> Kind:
    """Return a built-in kind."""
    return builtin()[group, version, plural]


def container(name: str = "main", image: str = "app:1", **more: Any) -> Obj:
    """Return a container."""
    return {"name": name, "image": image, **more}


def pod(*containers: Obj, name: str = "web", **spec: Any) -> Obj:
    """Return a pod, without defaults."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": list(containers) or [container()], **spec},
    }


def workload(kind: str, api_version: str = "apps/v1", *, labels: Obj | None = None, **spec: Any) -> Obj:
    """Return a controller of pods whose selector matches its template."""
    chosen = labels if labels is not None else {"app": "web"}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": chosen}, "spec": {"containers": [container()]}},
            **spec,
        },
    }


def defaulted(kind: Kind, obj: Obj) -> Obj:
    """Return a copy of the object with its kind's defaults."""
    filled = copy.deepcopy(obj)
    kind.default(filled)
    return filled


def errors_of(kind: Kind, obj: Obj) -> list[str]:
    """Return what is wrong with an object after defaulting, as text."""
    return [str(error) for error in kind.validate(defaulted(kind, obj))]


def update_errors_of(kind: Kind, new: Obj, old: Obj) -> list[str]:
    """Return what is wrong with a change, both states defaulted, as text."""
    return [str(error) for error in kind.validate_update(defaulted(kind, new), defaulted(kind, old))]


def row_of(kind: Kind, obj: Obj) -> dict[str, Any]:
    """Return the cells of an object by column."""
    return {column.name: column.value(obj) for column in kind.columns}
