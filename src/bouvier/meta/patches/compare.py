"""Which fields an object has, and which differ between two versions of it.

Three walks over objects, all building field sets directly in their wire form:

- `written_fields`: all paths of an object, containers included: what creating it writes.
- `applied_fields`: the paths that an applied configuration claims: leaves and items of lists, not the objects and lists
  on the way (so that two managers can own different fields of one object).
- `compare_objects`: what an update set and what it removed.

What identifies an object, and what the server keeps about it, belongs to nobody and is left out (`UNOWNED_*`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from bouvier.meta.errors import bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.patches.elements import items_by_element, namer, show_element
from bouvier.meta.patches.fieldset import SELF, Fields, show_path
from bouvier.meta.patches.structure import Structure

UNOWNED_ROOT = frozenset({"apiVersion", "kind"})
UNOWNED_METADATA = frozenset(
    {
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    }
)

_MISSING: Any = object()


def written_fields(obj: Obj, structure: Structure | None) -> Fields:
    """Return every path of an object, its objects and lists included."""
    fields: Fields = {}
    for name, value in obj.items():
        if name == "metadata":
            owned = {key: item for key, item in value.items() if key not in UNOWNED_METADATA}
            below = _written(owned, _field(structure, name)) if owned else {}
            if below:
                fields["f:metadata"] = {element: node for element, node in below.items() if element != SELF}
        elif name not in UNOWNED_ROOT:
            fields["f:" + name] = _written(value, _field(structure, name))
    return fields


def compare_objects(old: Obj, new: Obj, structure: Structure | None) -> tuple[Fields, Fields]:
    """Return the field sets of what `new` added or changed, and of what it removed (the topmost paths of that)."""
    changed, removed = _compare_maps(_owned_root(old), _owned_root(new), structure)
    before, after = _owned_metadata(old), _owned_metadata(new)
    if before != after:
        changed_metadata, removed_metadata = _compare_maps(before, after, _field(structure, "metadata"))
        if changed_metadata:
            changed["f:metadata"] = changed_metadata
        if removed_metadata:
            removed["f:metadata"] = removed_metadata
    return changed, removed


def applied_fields(obj: Obj, structure: Structure | None) -> Fields:
    """Return the paths that an applied configuration claims.

    Raises:
        ApiError: BadRequest: items of a list have no key, or two have the same.
    """
    fields: Fields = {}
    _apply_map(fields, _owned_root(obj), structure, ())
    below: Fields = {}
    _apply_map(below, _owned_metadata(obj), _field(structure, "metadata"), ("f:metadata",))
    if below:
        fields["f:metadata"] = below
    return fields


def _owned_root(obj: Obj) -> Obj:
    return {name: value for name, value in obj.items() if name != "metadata" and name not in UNOWNED_ROOT}


def _owned_metadata(obj: Obj) -> Obj:
    metadata = obj.get("metadata") or {}
    return {name: value for name, value in metadata.items() if name not in UNOWNED_METADATA}


def _field(structure: Structure | None, name: str) -> Structure | None:
    return structure.field(name) if structure is not None else None


def _written(value: Any, structure: Structure | None) -> Fields:
    # On the path of every write: plain type checks, and structures are only asked for objects and lists.
    kind = type(value)
    if not value or (kind is not dict and kind is not list):
        return {}
    if kind is list:
        return _written_items(value, structure)
    if structure is not None and structure.map_type == "atomic":
        return {}
    if _is_plain(value):
        return _plain_fields(tuple(value))
    fields: Fields = {SELF: {}}
    for name, item in value.items():
        below = type(item)
        if below is dict or below is list:
            fields["f:" + name] = _written(item, structure.field(name) if structure is not None else None)
        else:
            fields["f:" + name] = {}
    return fields


_CONTAINERS = frozenset((dict, list))
_MOST_NAMES, _REMEMBERED = 64, 1024
"""Objects without any below are mostly labels, data, resources: few sets of names come again and again."""


def _is_plain(value: Obj) -> bool:
    """Tell whether an object has no other below it, and few enough fields to remember their set."""
    return len(value) <= _MOST_NAMES and _CONTAINERS.isdisjoint(map(type, value.values()))


@lru_cache(_REMEMBERED)
def _plain_leaves(names: tuple[str, ...]) -> Fields:
    return {"f:" + name: {} for name in names}


@lru_cache(_REMEMBERED)
def _plain_fields(names: tuple[str, ...]) -> Fields:
    return {SELF: {}, **{"f:" + name: {} for name in names}}


def _written_items(items: list[Any], structure: Structure | None) -> Fields:
    by_element = items_by_element(items, structure)
    if by_element is None or structure is None:
        return {}
    fields: Fields = {SELF: {}}
    item_structure = structure.items()
    for element, item in by_element.items():
        fields[element] = _written(item, item_structure)
    return fields


def _compare(old: Any, new: Any, structure: Structure | None) -> tuple[Fields | None, Fields]:
    """Return what changed between two different values (None: nothing that is owned) and what was removed."""
    kind = type(new)
    if kind is type(old):
        if kind is dict and not (structure is not None and structure.map_type == "atomic"):
            changed, removed = _compare_maps(old, new, structure)
            return changed or None, removed
        if kind is list and structure is not None:
            before, after = items_by_element(old, structure), items_by_element(new, structure)
            if before is not None and after is not None:
                changed, removed = _compare_elements(before, after, structure.items())
                return changed or None, removed
        return {}, {}
    gone: Fields = {element: {} for element in _written(old, structure) if element != SELF}
    return _written(new, structure), gone


def _compare_maps(old: Obj, new: Obj, structure: Structure | None) -> tuple[Fields, Fields]:
    changed: Fields = {}
    removed: Fields = {}
    for name, item in new.items():
        before = old.get(name, _MISSING)
        if before is item:
            continue
        if before is _MISSING:
            changed["f:" + name] = _written(item, _field(structure, name))
        elif before != item:
            if isinstance(item, (dict, list)) or isinstance(before, (dict, list)):
                _note(changed, removed, "f:" + name, _compare(before, item, _field(structure, name)))
            else:
                changed["f:" + name] = {}
    for name in old:
        if name not in new:
            removed["f:" + name] = {}
    return changed, removed


def _compare_elements(old: dict[str, Any], new: dict[str, Any], structure: Structure | None) -> tuple[Fields, Fields]:
    changed: Fields = {}
    removed: Fields = {element: {} for element in old if element not in new}
    for element, item in new.items():
        before = old.get(element, _MISSING)
        if before is _MISSING:
            changed[element] = _written(item, structure)
        elif before != item:
            _note(changed, removed, element, _compare(before, item, structure))
    return changed, removed


def _note(changed: Fields, removed: Fields, element: str, result: tuple[Fields | None, Fields]) -> None:
    if result[0] is not None:
        changed[element] = result[0]
    if result[1]:
        removed[element] = result[1]


def _apply_value(fields: Fields, element: str, value: Any, structure: Structure | None, path: tuple[str, ...]) -> None:
    """Add what an object or list under `element` claims: the path itself when it is atomic or empty, else what is below."""
    below: Fields = {}
    if type(value) is dict:
        if not value or (structure is not None and structure.map_type == "atomic"):
            fields[element] = below
            return
        if _is_plain(value):
            fields[element] = _plain_leaves(tuple(value))
            return
        _apply_map(below, value, structure, (*path, element))
    else:
        name = namer(structure) if structure is not None else None
        if name is None or structure is None:
            fields[element] = below
            return
        _apply_items(below, value, name, structure.items(), (*path, element))
    if below:
        fields[element] = below


def _apply_map(fields: Fields, value: Obj, structure: Structure | None, path: tuple[str, ...]) -> None:
    for name, item in value.items():
        kind = type(item)
        if kind is dict or kind is list:
            below = structure.field(name) if structure is not None else None
            _apply_value(fields, "f:" + name, item, below, path)
        else:
            fields["f:" + name] = {}


def _apply_items(
    fields: Fields, items: list[Any], name: Callable[[Any], str], structure: Structure | None, path: tuple[str, ...]
) -> None:
    for index, item in enumerate(items):
        try:
            element = name(item)
        except ValueError as error:
            raise bad_request(f"{show_path(path)}: element {index}: {error}") from error
        if element in fields:
            raise bad_request(f"{show_path(path)}: duplicate entries for key {show_element(element)}")
        below: Fields = {}
        if isinstance(item, dict):
            if item and _is_plain(item):
                fields[element] = _plain_fields(tuple(item))
                continue
            _apply_map(below, item, structure, (*path, element))
        fields[element] = {SELF: {}, **below} if below else {}
