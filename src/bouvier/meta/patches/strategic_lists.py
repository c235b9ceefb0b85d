"""How a strategic merge patch merges lists: objects by their merge key, primitives as a set."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from bouvier.meta.errors import bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.patches.ordering import Identify, ordered
from bouvier.meta.patches.structure import Structure
from bouvier.util.gotext import plain

PATCH = "$patch"

MergeObjects = Callable[[Obj, Obj, Structure | None], Obj]


def merge_lists(
    current: list[Any],
    patch: list[Any],
    schema: Structure | None,
    merge_objects: MergeObjects,
    *,
    order: list[Any] | None = None,
) -> list[Any]:
    """Return the list with the patch's items merged in, in the patch's order or in `order` when it is given.

    Raises:
        ApiError: BadRequest: items without merge key, of mixed types, or not in accord with `order`.
    """
    of_objects = any(isinstance(item, dict) for item in (*current, *patch))
    merge_key = schema.merge_key if schema is not None else ""
    if of_objects and not merge_key:
        raise bad_request("cannot merge lists of objects without a merge key: replace the whole list")
    identify = _identify_by(merge_key) if of_objects else _identify_primitive
    previous = list(current)
    if any(isinstance(item, dict) and item.get(PATCH) == "replace" for item in patch):
        merged = named = _new_items(patch, schema, merge_objects)
        previous = []
    elif of_objects:
        merged, named = _merge_items(current, patch, identify, schema, merge_objects)
        if order is not None:
            # New items take the places of removed ones, as they do in the original, which removes and adds in place.
            previous = merged[: len(current)]
    else:
        merged, named = _unique([*current, *patch]) if patch else previous, patch
    if order is None:
        return ordered(merged, named, previous, identify)
    _check_order(named, order, identify)
    return ordered(merged, order, previous, identify)


def remove_values(current: list[Any], values: list[Any]) -> list[Any]:
    """Return the list of primitives without the given values."""
    unwanted = {_identify_primitive(value) for value in values}
    return [item for item in current if _identify_primitive(item) not in unwanted]


def _new_items(patch: list[Any], schema: Structure | None, merge_objects: MergeObjects) -> list[Any]:
    """Return the items that replace the whole list, those with equal keys included."""
    item_schema = schema.items() if schema is not None else None
    items = (item for item in patch if not isinstance(item, dict) or item.get(PATCH) not in ("replace", "delete"))
    return [merge_objects({}, item, item_schema) if isinstance(item, dict) else item for item in items]


def _merge_items(
    current: list[Any],
    patch: list[Any],
    identify: Identify,
    schema: Structure | None,
    merge_objects: MergeObjects,
) -> tuple[list[Any], list[Any]]:
    """Return the merged items, and the patch's items that are not directives."""
    removed: set[Hashable] = set()
    named: list[Any] = []
    for item in patch:
        directive = item.get(PATCH) if isinstance(item, dict) else None
        if directive == "delete":
            removed.add(identify(item))
        else:
            named.append(item)
    merged = [item for item in current if identify(item) not in removed]
    item_schema = schema.items() if schema is not None else None
    place: dict[Hashable, int] = {}
    for index, item in enumerate(merged):
        place.setdefault(identify(item), index)
    for item in named:
        index = place.setdefault(identify(item), len(merged))
        if index == len(merged):
            merged.append({})
        merged[index] = merge_objects(merged[index], item, item_schema)
    return merged, named


def _check_order(named: list[Any], order: list[Any], identify: Identify) -> None:
    """Refuse a patch whose items are not a subsequence of the order that it sets itself."""
    remaining = iter([identify(item) for item in order])
    for item in named:
        key = identify(item)
        if order and key not in remaining:
            raise bad_request(f"the order in the patch list does not match its $setElementOrder list: {_show(item)}")


def _identify_by(merge_key: str) -> Identify:
    def identify(item: Any) -> Hashable:
        if not isinstance(item, dict):
            raise bad_request(f"cannot merge a list of objects and other values: {_show(item)}")
        if merge_key not in item:
            raise bad_request(f"map: {_show(item)} does not contain declared merge key: {merge_key}")
        return _identify_primitive(item[merge_key])

    return identify


def _identify_primitive(item: Any) -> Hashable:
    if isinstance(item, dict | list):
        raise bad_request(
            f"strategic merge patch does not merge lists of lists or keys of several fields: {_show(item)}"
        )
    return type(item), item


def _unique(items: list[Any]) -> list[Any]:
    return list({_identify_primitive(item): item for item in items}.values())


def _show(item: Any) -> str:
    text = plain(item)
    return text if len(text) <= 100 else text[:100] + "…"
