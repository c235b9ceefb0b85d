"""Objects of any kind made from its schema alone: right types, senseless values, parts missing everywhere."""

from __future__ import annotations

import random
from typing import Any

from bouvier.kinds import definitions
from bouvier.kinds.kind import Kind

_TEXTS = (
    *("", "a", "web", "é", "*", "/x", "a/b", "25%", "latest", "10.0.0.1", "10.0.0.0/8", "metadata.labels['a']"),
    *("Always", "None", "Indexed", "ExternalName", "LoadBalancer", "RollingUpdate", "Local", "Exists", "Container"),
)
_FORMS = {"date-time": ("2026-01-01T00:00:00Z",), "byte": ("", "AA==")}
_PLAIN: dict[str, tuple[Any, ...]] = {
    "integer": (0, 1, -1, 5, 80, 70000),
    "number": (0, 1.5),
    "boolean": (True, False),
}
_NAMED: dict[str, tuple[Any, ...]] = {
    definitions.QUANTITY: ("1", "100m", "0", "-1", 2, 0.5, "1Gi"),
    definitions.INT_OR_STRING: (0, 1, 80, -1, "25%", "http", ""),
}
_DEEP, _TOO_DEEP = 9, 15


def random_object(kind: Kind, draw: random.Random) -> dict[str, Any]:
    """Return an object of the kind; only its name is sure to be there."""
    obj = _value({"$ref": f"#/$defs/{kind.definition}"}, draw, 0)
    obj["metadata"] = {"name": "a", **(obj.get("metadata") or {})}
    return obj


def _value(schema: Any, draw: random.Random, depth: int) -> Any:
    name = definitions.reference_of(schema)
    if name in _NAMED:
        return draw.choice(_NAMED[name])
    schema = definitions.resolved(schema)
    kind = definitions.type_of(schema)
    if kind in _PLAIN:
        return draw.choice(_PLAIN[kind])
    if kind == "string":
        return draw.choice(_FORMS.get(schema.get("format", ""), _TEXTS))
    if kind == "array":
        count = draw.choice((0, 1, 1, 2)) if depth < _DEEP else 0
        return [_value(schema.get("items", {}), draw, depth + 1) for _ in range(count)]
    if kind == "object" or "properties" in schema:
        return _fields(schema, draw, depth)
    return draw.choice((None, "x", 1, {}))


def _fields(schema: Any, draw: random.Random, depth: int) -> dict[str, Any]:
    if depth > _TOO_DEEP:
        return {}
    share = draw.choice((0.15, 0.4, 0.8)) if depth < _DEEP else 0.02
    chosen = [key for key in schema.get("properties") or {} if draw.random() < share]
    found = {key: _value(schema["properties"][key], draw, depth + 1) for key in chosen}
    values = schema.get("additionalProperties")
    if isinstance(values, dict):
        found |= {draw.choice(_TEXTS): _value(values, draw, depth + 1) for _ in range(draw.choice((0, 1, 2)))}
    return found
