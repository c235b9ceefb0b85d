"""What a kind's schema says about an object: the one door to definitions, structure, checks and pruning.

Kubernetes' own kinds have a `definition` in the data of `kinds.definitions`; kinds made at run time bring a
structural schema of their own. Everything is built at the first question for a kind and kept.
"""

from __future__ import annotations

from functools import lru_cache

from bouvier.kinds import custom, decoding, pruning
from bouvier.kinds.definitions import definition, definitions
from bouvier.kinds.findings import SchemaFindings
from bouvier.kinds.kind import Kind
from bouvier.kinds.structure import Structure, custom_root
from bouvier.meta.objects import Obj

__all__ = ["SchemaFindings", "Structure", "check", "definition", "definitions", "prune", "structure"]


def structure(kind: Kind) -> Structure | None:
    """Return how the kind's parts merge, None for a custom kind without a schema."""
    if kind.definition:
        return _native_structure(kind.definition)
    return None if kind.schema is None else _custom_structure(custom.SchemaKey(kind.schema))


def structure_of(name: str) -> Structure:
    """Return how the parts of a definition merge."""
    return _native_structure(name)


def check(kind: Kind, obj: Obj) -> SchemaFindings:
    """Return what does not fit the kind's schema.

    Fields that are required but absent are found by `kind.validate` for Kubernetes' own kinds, in its order and
    words, and here for custom kinds.
    """
    return decoding.check(kind, obj) if kind.definition else custom.check(kind, obj)


def prune(kind: Kind, obj: Obj, findings: SchemaFindings | None = None) -> None:
    """Drop the fields that the kind does not have, in place; of Kubernetes' own kinds also nulls.

    With the findings of `check` the object is not searched when nulls are all that they name.
    """
    if findings is not None and findings.nulls and not findings.unknown:
        pruning.drop_nulls(kind.definition, obj, findings.nulls)
    elif kind.definition:
        pruning.prune_native(kind.definition, obj)
    else:
        pruning.prune_custom(kind, obj)


@lru_cache(maxsize=256)
def _native_structure(name: str) -> Structure:
    return Structure(definition(name))


@lru_cache(maxsize=512)
def _custom_structure(held: custom.SchemaKey) -> Structure:
    return custom_root(held.schema)
