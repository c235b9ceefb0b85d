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
    """One place in a schema: an object, a map, a list or a plain value.

    What the schema says of the place is read once: patches ask for it at every field of every write.
    """

    __slots__ = (
        "_children",
        "_items",
        "_key_defaults",
        "_properties",
        "_schema",
        "_target",
        "_values",
        "default",
        "is_list",
        "is_object",
        "list_type",
        "map_keys",
        "map_type",
        "merge_key",
        "patch_strategy",
    )

    def __init__(self, schema: Mapping[str, Any]) -> None:
        reference = reference_of(schema)
        self._schema = schema
        self._target: Mapping[str, Any] = definition(reference) if reference else schema
        self._properties = self._declared()
        self._children: dict[str, Structure] = {}
        self._items: Structure | None = None
        self._values: Structure | None = None
        self._key_defaults: dict[str, Any] | None = None
        self.is_object: bool = type_of(self._target) == "object" or "properties" in self._target
        self.is_list: bool = type_of(self._target) == "array"
        self.list_type = str(self._attribute("x-kubernetes-list-type") or "atomic")
        """`atomic`, `set` or `map`; lists are atomic unless they say otherwise."""
        self.map_keys: tuple[str, ...] = tuple(self._attribute("x-kubernetes-list-map-keys") or ())
        """The fields that identify an element of a `map` list."""
        self.map_type = str(self._attribute("x-kubernetes-map-type") or self._map_type_of_form())
        """`granular` or `atomic`; objects that carry any JSON are atomic."""
        self.merge_key = str(self._attribute("x-kubernetes-patch-merge-key") or "")
        """The field that identifies an element in a strategic merge, empty for none."""
        declared = str(self._attribute("x-kubernetes-patch-strategy") or "")
        self.patch_strategy = frozenset(part for part in declared.split(",") if part)
        """The strategic merge's strategies: `merge`, `replace`, `retainKeys`."""
        self.default: Any = self._attribute("default")
        """The value that an absent field stands for, None when the schema names none."""

    def field(self, name: str) -> Structure | None:
        """Return the place of a field or map entry, None when the schema says nothing about it.

        All entries of a map share one place, so that names chosen by users do not pile up here.
        """
        child = self._children.get(name)
        if child is not None:
            return child
        schema = self._properties.get(name)
        if schema is None:
            return self._map_value()
        child = self._children[name] = Structure(schema)
        return child

    def items(self) -> Structure | None:
        """Return the place of a list's elements."""
        if self._items is None and isinstance(self._target.get("items"), Mapping):
            self._items = Structure(self._target["items"])
        return self._items

    @property
    def key_defaults(self) -> dict[str, Any]:
        """Return the values that absent key fields of this list's elements stand for."""
        if self._key_defaults is None:
            self._key_defaults = self._declared_key_defaults()
        return self._key_defaults

    def _declared_key_defaults(self) -> dict[str, Any]:
        element = self.items()
        declared = {key: _KEY_DEFAULTS[key] for key in self.map_keys if key in _KEY_DEFAULTS}
        for key in self.map_keys:
            place = element.field(key) if element else None
            if place is not None and place.default is not None:
                declared[key] = place.default
        return declared

    def _attribute(self, name: str) -> Any:
        return self._schema.get(name, self._target.get(name))

    def _map_type_of_form(self) -> str:
        target = self._target
        if target.get("x-kubernetes-preserve-unknown-fields") or target.get("x-kubernetes-embedded-resource"):
            return "granular"
        is_described = "properties" in target or isinstance(target.get("additionalProperties"), Mapping)
        return "granular" if is_described else "atomic"

    def _declared(self) -> Mapping[str, Any]:
        properties: Mapping[str, Any] = self._target.get("properties") or {}
        return {**_EMBEDDED, **properties} if self._target.get("x-kubernetes-embedded-resource") else properties

    def _map_value(self) -> Structure | None:
        if self._values is None:
            values = self._target.get("additionalProperties")
            self._values = Structure(values) if isinstance(values, Mapping) else None
        return self._values


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
