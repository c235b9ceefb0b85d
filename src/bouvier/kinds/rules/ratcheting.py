"""Not refusing an update for what was wrong before and is not changed by it.

Values belong together by field name, map key, and in lists of type map by the element's keys; any other list is one
value.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bouvier.kinds.findings import SchemaFindings
from bouvier.meta.objects import Obj

Schema = Mapping[str, Any]


def forgive(schema: Schema, findings: SchemaFindings, new: Obj, old: Obj) -> list[str]:
    """Take the errors about unchanged values out of the findings and return their texts."""
    errors = list(zip(findings.errors, findings.places, strict=True))
    kept = [(error, steps) for error, steps in errors if not is_unchanged(schema, steps, new, old)]
    forgiven = [str(error) for error, steps in errors if (error, steps) not in kept]
    findings.errors = [error for error, _ in kept]
    findings.places = [steps for _, steps in kept]
    return forgiven


def is_unchanged(schema: Schema, steps: Sequence[Any], new: Any, old: Any) -> bool:
    """Tell whether the value at a path is what it was before."""
    for step in steps:
        if isinstance(new, list):
            keys = schema.get("x-kubernetes-list-map-keys")
            if not keys or not isinstance(old, list):
                break
            new = new[step]
            old = next((item for item in old if _keys(item, keys) == _keys(new, keys)), None)
        else:
            new = new.get(step)
            old = old.get(step) if isinstance(old, dict) else None
        schema = _below(schema, step)
    return old is not None and bool(new == old)


def _keys(item: Any, keys: Sequence[str]) -> list[Any]:
    return [item.get(key) if isinstance(item, dict) else item for key in keys]


def _below(schema: Schema, step: Any) -> Schema:
    found = (schema.get("properties") or {}).get(step) or schema.get("items") or schema.get("additionalProperties")
    return found if isinstance(found, Mapping) else {}
