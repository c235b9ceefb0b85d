"""Comparing and hashing pod templates: which ReplicaSet is the present one of a Deployment, and how a new one is named.

The hash only names; equality of templates decides, so two templates with one hash are told apart by `collisionCount`.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#pod-template-hash-label
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson

from bouvier.controllers.runtime.names import SUFFIX_LETTERS
from bouvier.meta.objects import Obj

HASH_LABEL = "pod-template-hash"
FNV_OFFSET, FNV_PRIME = 0x811C9DC5, 0x01000193


def template_hash(template: Obj, collisions: int) -> str:
    """Return a short name for the template, made of letters that form no words."""
    text = orjson.dumps(essence(template), option=orjson.OPT_SORT_KEYS)
    if collisions:
        text += str(collisions).encode()
    value = FNV_OFFSET
    for byte in text:
        value = ((value ^ byte) * FNV_PRIME) & 0xFFFFFFFF
    return "".join(SUFFIX_LETTERS[ord(digit) % len(SUFFIX_LETTERS)] for digit in str(value))


def essence(template: Obj) -> Obj:
    """Return the template without its hash label and without values that mean the same as their absence."""
    metadata = dict(template.get("metadata") or {})
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != HASH_LABEL}
    slim: Obj = _slim({**template, "metadata": {**metadata, "labels": labels}})
    return slim


def same_template(one: Obj, other: Obj) -> bool:
    """Tell whether two templates describe the same pods, the hash label aside."""
    return essence(one) == essence(other)


def current_replica_set(deployment: Obj, replica_sets: Iterable[Obj]) -> Obj | None:
    """Return the oldest ReplicaSet that has the Deployment's template, None if it must be created."""
    wanted = essence(deployment["spec"]["template"])
    return next((rs for rs in by_age(replica_sets) if essence(rs["spec"]["template"]) == wanted), None)


def by_age(replica_sets: Iterable[Obj]) -> list[Obj]:
    """Return the ReplicaSets oldest first, by name where the second is the same."""
    return sorted(replica_sets, key=lambda rs: (rs["metadata"].get("creationTimestamp") or "", rs["metadata"]["name"]))


def _slim(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _slim(part) for name, part in value.items() if part is not None and part != []}
    if isinstance(value, list):
        return [_slim(part) for part in value]
    return value
