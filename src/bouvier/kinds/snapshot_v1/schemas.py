"""Pieces of schema that the kinds of this group share.

Source: https://kubernetes.io/docs/concepts/storage/volume-snapshots/ and the definitions of the CSI snapshotter.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "format": "int64"}
FLAG: Schema = {"type": "boolean"}
TIME: Schema = {"type": "string", "format": "date-time"}
TEXT_MAP: Schema = {"type": "object", "additionalProperties": TEXT}
QUANTITY: Schema = {"anyOf": [{"type": "integer"}, TEXT], "x-kubernetes-int-or-string": True}
DELETION_POLICY: Schema = {"type": "string", "enum": ["Delete", "Retain"]}
ERROR: Schema = {"type": "object", "properties": {"message": TEXT, "time": TIME}}


def objects(properties: Schema, *required: str, description: str = "") -> Schema:
    """Return the schema of an object."""
    made: Schema = {"type": "object", "properties": properties}
    if required:
        made["required"] = list(required)
    return made | ({"description": description} if description else {})


def root(description: str, properties: Schema, *required: str) -> Schema:
    """Return the schema of a kind."""
    standard = {"apiVersion": TEXT, "kind": TEXT, "metadata": {"type": "object"}}
    return objects(standard | properties, *required, description=description)
