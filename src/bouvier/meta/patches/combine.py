"""Laying an applied configuration over the live object, and taking away what a manager no longer applies.

Granular objects merge field by field, lists of type `map` and `set` item by item in the order of the configuration
(live items keep their place among them); everything else is replaced. Both functions work on their own copies.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from bouvier.meta.objects import Obj
from bouvier.meta.patches.elements import Several, items_by_element
from bouvier.meta.patches.fieldset import Fields, is_member
from bouvier.meta.patches.structure import Structure

Nulled = list[tuple[Obj, str]]
"""Fields that a configuration sets to null, as (object, name): they stay until changes are known, then go."""


def overlay(live: Obj, applied: Obj, structure: Structure | None, nulled: Nulled) -> Obj:
    """Merge a configuration into the live object in place and return it; parts of `applied` become part of it."""
    for name, value in applied.items():
        if name not in live:
            if value is not None:
                live[name] = _without_nulls(value)
        elif isinstance(value, (dict, list)):
            if live[name] != value:
                live[name] = _overlay_value(live[name], value, _field(structure, name), nulled)
        elif value is not None:
            live[name] = value
        elif not _is_granular(live[name], _field(structure, name)):
            live[name] = None
            nulled.append((live, name))
    return live


def prune(value: Obj, structure: Structure | None, dropped: Fields, managed: Fields) -> None:
    """Remove in place what the manager dropped: what it applied and neither it nor anybody else does any more.

    An item of a list goes with everything in it when nobody owns the item itself; a field stays while anything in it is
    managed. `dropped` has no member of `managed`.
    """
    for element, gone in dropped.items():
        name = element[2:]
        if not element.startswith("f:") or name not in value:
            continue
        still = managed.get(element)
        if still is None or _prune_below(value[name], _field(structure, name), gone, still):
            del value[name]


def _overlay_value(live: Any, applied: Any, structure: Structure | None, nulled: Nulled) -> Any:
    if isinstance(applied, dict):
        if isinstance(live, dict) and _is_granular(live, structure):
            return overlay(live, applied, structure, nulled)
    elif isinstance(applied, list) and isinstance(live, list) and structure is not None:
        wanted, present = items_by_element(applied, structure), items_by_element(live, structure)
        if wanted is not None and present is not None:
            return _overlay_items(present, wanted, structure.items(), nulled)
    return _without_nulls(applied)


def _overlay_items(
    live: dict[str, Any], applied: dict[str, Any], structure: Structure | None, nulled: Nulled
) -> list[Any]:
    result: list[Any] = []
    for element in _merged_order(list(live), list(applied)):
        if element not in applied:
            item = live[element]
            result.extend(item if isinstance(item, Several) else [item])
        elif element in live and not isinstance(live[element], Several):
            result.append(_overlay_value(live[element], applied[element], structure, nulled))
        else:
            result.append(_without_nulls(applied[element]))
    return result


def _merged_order(live: list[str], applied: list[str]) -> list[str]:
    """Return all elements: applied ones in their order, and live ones as soon as that lets them stand."""
    wanted, present = set(applied), set(live)
    shared = deque(element for element in applied if element in present)
    waiting = deque(live)
    result: list[str] = []
    for element in applied:
        while waiting and (waiting[0] not in wanted or (shared and waiting[0] != shared[0])):
            first = waiting.popleft()
            if first not in wanted:
                result.append(first)
        result.append(element)
        if shared and shared[0] == element:
            shared.popleft()
        if waiting and waiting[0] == element:
            waiting.popleft()
    return result + [element for element in waiting if element not in wanted]


def _prune_below(value: Any, structure: Structure | None, dropped: Fields, managed: Fields) -> bool:
    """Prune inside a value; tell whether it became empty and nobody owns it as an empty one."""
    if not value or not dropped or not _is_granular(value, structure):
        return False
    if isinstance(value, dict):
        prune(value, structure, dropped, managed)
    elif structure is not None:
        _prune_items(value, structure, dropped, managed)
    return not value and bool(managed)


def _prune_items(items: list[Any], structure: Structure, dropped: Fields, managed: Fields) -> None:
    by_element = items_by_element(items, structure)
    if by_element is None:
        return
    kept: list[Any] = []
    for element, item in by_element.items():
        gone = dropped.get(element)
        if gone is not None and is_member(gone):
            continue
        if gone is not None and isinstance(item, dict):
            below = {name: node for name, node in gone.items() if not _names_item(name, item, structure)}
            prune(item, structure.items(), below, managed.get(element, {}))
        kept.extend(item if isinstance(item, Several) else [item])
    items[:] = kept


def _names_item(element: str, item: Obj, structure: Structure) -> bool:
    """Tell whether an item would get another name without this field: a key that is not as its default."""
    name = element.removeprefix("f:")
    return name in structure.map_keys and structure.key_defaults.get(name) != item.get(name)


def _is_granular(value: Any, structure: Structure | None) -> bool:
    if isinstance(value, dict):
        return structure is None or structure.map_type != "atomic"
    return isinstance(value, list) and structure is not None and structure.list_type in ("map", "set")


def _field(structure: Structure | None, name: str) -> Structure | None:
    return structure.field(name) if structure is not None else None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value
