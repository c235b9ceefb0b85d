"""Pieces of schema that the kinds of this group share."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ANYTHING: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
TEXTS: Schema = {"type": "array", "items": TEXT, "x-kubernetes-list-type": "atomic"}

CONDITION: Schema = {
    "type": "object",
    "required": ["type", "status"],
    "properties": dict.fromkeys(("type", "status", "reason", "message", "lastTransitionTime"), TEXT)
    | {"observedGeneration": NUMBER},
}
CONDITIONS: Schema = {
    "type": "array",
    "items": CONDITION,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
}


def described(schema: Schema, text: str) -> Schema:
    """Return a schema with a description."""
    return {**schema, "description": text}


def objects(properties: Schema, *required: str) -> Schema:
    """Return the schema of an object."""
    made: Schema = {"type": "object", "properties": properties}
    return made | ({"required": list(required)} if required else {})


def listed(properties: Schema, *required: str) -> Schema:
    """Return the schema of a list of objects that is replaced as a whole."""
    return {"type": "array", "items": objects(properties, *required), "x-kubernetes-list-type": "atomic"}


def root(spec: Schema, status: Schema) -> Schema:
    """Return the schema of a kind with spec and status."""
    return objects({"spec": spec, "status": status}, "spec")
