"""Moving from client-side to server-side apply without conflicts.

`kubectl apply` keeps its last configuration in an annotation. When the manager `kubectl` then applies at the server,
fields that still are as that annotation says count as its own, and the annotation is kept up to date so that going back
works too.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
"""

from __future__ import annotations

from typing import Any

import orjson

from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj
from bouvier.meta.patches.compare import applied_fields, compare_objects
from bouvier.meta.patches.fieldset import Fields, difference, without_paths
from bouvier.meta.patches.structure import Structure

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER = "kubectl"
"""The only manager that this concerns; others opt out by their name."""
LARGEST_ANNOTATION_BYTES = 256 * 1024
"""Limit of all annotations of an object: a longer configuration is dropped rather than refused, as upstream does."""


def fields_of_annotation(live: Obj, structure: Structure | None, api_version: str) -> Fields:
    """Return the fields that the annotation claims and that are unchanged since; empty without a usable annotation."""
    configuration = _decode(_annotations(live).get(ANNOTATION))
    if configuration is None or configuration.get("apiVersion") != api_version:
        return {}
    try:
        claimed = applied_fields(configuration, structure)
    except ApiError:
        return {}
    changed, removed = compare_objects(configuration, live, structure)
    return without_paths(difference(claimed, changed), removed)


def refresh_annotation(obj: Obj, applied: Obj) -> None:
    """Write the configuration into the annotation of an object that has one."""
    annotations = _annotations(obj)
    if ANNOTATION not in annotations:
        return
    metadata = applied.get("metadata") or {}
    others = {name: value for name, value in (metadata.get("annotations") or {}).items() if name != ANNOTATION}
    configuration = applied | {"metadata": {**metadata, "annotations": others}}
    if not others:
        del configuration["metadata"]["annotations"]
    text = orjson.dumps(configuration, option=orjson.OPT_SORT_KEYS).decode() + "\n"
    if len(text) > LARGEST_ANNOTATION_BYTES:
        del annotations[ANNOTATION]
    else:
        annotations[ANNOTATION] = text


def _annotations(obj: Obj) -> dict[str, str]:
    return (obj.get("metadata") or {}).get("annotations") or {}


def _decode(text: Any) -> Obj | None:
    if not isinstance(text, str):
        return None
    try:
        configuration = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return (
        configuration if isinstance(configuration, dict) and isinstance(configuration.get("metadata"), dict) else None
    )
