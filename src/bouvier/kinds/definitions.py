"""The OpenAPI definitions of Kubernetes' own kinds, read from the data file of `kubernetes-validate`.

Only the data file is used; the package itself (and the libraries that it imports) is never imported. The file is
read at the first question, takes some 13 ms and 5 MB, and stays in memory: validation, patches, pruning and
OpenAPI all ask it. In this data a field that may be absent has the type `[type, "null"]`, references point into
`$defs`, and objects refuse unknown fields (`additionalProperties: false`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import orjson

VERSION = "1.37.0"
"""Version of Kubernetes whose API is served: the newest that the package holds."""

OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"

_REF_PREFIX = "#/$defs/"


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, Any]:
    """Return every definition by its full name, such as `io.k8s.api.core.v1.Pod`."""
    spec = find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the Python package kubernetes-validate, which holds the API's schemas, is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema" / f"v{VERSION}-local-strict"
    document = orjson.loads((folder / "_definitions.json").read_bytes())
    return document["$defs"]  # type: ignore[no-any-return]


def definition(name: str) -> Mapping[str, Any]:
    """Return one definition.

    Raises:
        KeyError: the API has no definition of that name.

    """
    return definitions()[name]  # type: ignore[no-any-return]


def reference_of(schema: Mapping[str, Any]) -> str:
    """Return the name of the definition that a schema refers to, empty when it stands for itself."""
    ref = schema.get("$ref")
    return ref[len(_REF_PREFIX) :] if isinstance(ref, str) else ""


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema itself, or what it refers to."""
    name = reference_of(schema)
    return definition(name) if name else schema


def type_of(schema: Mapping[str, Any]) -> str:
    """Return the schema's JSON type without `null`; empty when it admits several."""
    declared = schema.get("type", "")
    if isinstance(declared, str):
        return declared
    kinds = [one for one in declared if one != "null"]
    return kinds[0] if len(kinds) == 1 else ""


def children_of(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the schemas directly inside this one: properties, map values and items."""
    inner = list((schema.get("properties") or {}).values())
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), Mapping)]
    return inner


def closure(name: str) -> dict[str, Mapping[str, Any]]:
    """Return the definition and all that it refers to, directly or not, by name."""
    found: dict[str, Mapping[str, Any]] = {}
    todo = [name]
    while todo:
        current = todo.pop()
        if current in found:
            continue
        found[current] = definition(current)
        todo += _references(found[current])
    return found


def _references(schema: Mapping[str, Any]) -> list[str]:
    own = reference_of(schema)
    names = [own] if own else []
    for child in children_of(schema):
        names += _references(child)
    return names
