"""How the parts of an object merge: the view of a schema that patches and server-side apply walk.

A `Structure` is one place in a schema. Its attributes come from the field's own schema over those of the
definition it refers to, because Kubernetes marks lists on the field (`x-kubernetes-list-type`) and atomic types on
the type (`x-kubernetes-map-type`). Places are built when first asked for and kept. It implements the protocol
`bouvier.meta.patches.structure.Structure`.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bouvier.kinds.definitions import OBJECT_META, definition, reference_of, type_of

_KEY_DEFAULTS = {"protocol": "TCP"}
"""Defaults of fields that are keys of list maps: the schemas carry none, and `protocol` is the only such key."""


class Structure:
    """One place in a schema: an object, a map, a list or a plain value."""

    __slots__ = ("_children", "_items", "_schema", "_target")

    def __init__(self, schema: Mapping[str, Any]) -> None:
        reference = reference_of(schema)
        self._schema = schema
        self._target: Mapping[str, Any] = definition(reference) if reference else schema
        self._children: dict[str, Structure | None] = {}
        self._items: Structure | None = None

    @property
    def is_object(self) -> bool:
        """Tell whether the place holds an object or a map."""
        return type_of(self._target) == "object" or "properties" in self._target

    @property
    def is_list(self) -> bool:
        """Tell whether the place holds a list."""
        return type_of(self._target) == "array"

    def field(self, name: str) -> Structure | None:
        """Return the place of a field or map entry, None when the schema says nothing about it."""
        if name not in self._children:
            schema = self._field_schema(name)
            self._children[name] = None if schema is None else Structure(schema)
        return self._children[name]

    def items(self) -> Structure | None:
        """Return the place of a list's elements."""
        if self._items is None and isinstance(self._target.get("items"), Mapping):
            self._items = Structure(self._target["items"])
        return self._items

    @property
    def list_type(self) -> str:
        """Return `atomic`, `set` or `map`; lists are atomic unless they say otherwise."""
        return str(self._attribute("x-kubernetes-list-type") or "atomic")

    @property
    def map_keys(self) -> tuple[str, ...]:
        """Return the fields that identify an element of a `map` list."""
        return tuple(self._attribute("x-kubernetes-list-map-keys") or ())

    @property
    def map_type(self) -> str:
        """Return `granular` or `atomic`; objects that carry any JSON are atomic."""
        declared = self._attribute("x-kubernetes-map-type")
        if declared:
            return str(declared)
        return "granular" if self._is_described() else "atomic"

    @property
    def merge_key(self) -> str:
        """Return the field that identifies an element in a strategic merge, empty for none."""
        return str(self._attribute("x-kubernetes-patch-merge-key") or "")

    @property
    def patch_strategy(self) -> frozenset[str]:
        """Return the strategic merge's strategies: `merge`, `replace`, `retainKeys`."""
        declared = str(self._attribute("x-kubernetes-patch-strategy") or "")
        return frozenset(part for part in declared.split(",") if part)

    @property
    def default(self) -> Any:
        """Return the value that an absent field stands for, None when the schema names none."""
        return self._attribute("default")

    @property
    def key_defaults(self) -> dict[str, Any]:
        """Return the values that absent key fields of this list's elements stand for."""
        element = self.items()
        declared = {key: _KEY_DEFAULTS[key] for key in self.map_keys if key in _KEY_DEFAULTS}
        for key in self.map_keys:
            place = element.field(key) if element else None
            if place is not None and place.default is not None:
                declared[key] = place.default
        return declared

    def _attribute(self, name: str) -> Any:
        return self._schema.get(name, self._target.get(name))

    def _is_described(self) -> bool:
        target = self._target
        if target.get("x-kubernetes-preserve-unknown-fields") or target.get("x-kubernetes-embedded-resource"):
            return True
        return "properties" in target or isinstance(target.get("additionalProperties"), Mapping)

    def _field_schema(self, name: str) -> Mapping[str, Any] | None:
        target = self._target
        properties = target.get("properties") or {}
        if name in properties:
            return properties[name]  # type: ignore[no-any-return]
        if target.get("x-kubernetes-embedded-resource") and name in _EMBEDDED:
            return _EMBEDDED[name]
        values = target.get("additionalProperties")
        return values if isinstance(values, Mapping) else None


_EMBEDDED: Mapping[str, Mapping[str, Any]] = {
    "apiVersion": {"type": "string"},
    "kind": {"type": "string"},
    "metadata": {"$ref": f"#/$defs/{OBJECT_META}"},
}
"""Fields that every object has, whether or not a custom schema names them."""


def custom_root(schema: Mapping[str, Any]) -> Structure:
    """Return the structure of a custom kind: its schema with the fields that every object has."""
    properties = dict(schema.get("properties") or {}) | dict(_EMBEDDED)
    return Structure({**schema, "type": "object", "properties": properties})
