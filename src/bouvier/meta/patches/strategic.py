"""Strategic merge patch: a merge patch that knows which lists merge, and by which key.

Objects merge field by field and null deletes, as in a JSON merge patch. A list whose field has the strategy `merge`
merges item by item (by its merge key, or as a set when the items are primitive); every other list is replaced.
Directives in the patch change that:

- `$patch: replace | delete | merge` in an object replaces it, empties it, or merges it (as without the directive);
  in an item of a merging list it replaces the whole list, removes the item of that key, or merges the item.
- `$retainKeys: [names]` removes every field of the object that it does not name.
- `$setElementOrder/FIELD: [items or keys]` orders the merged list; items it does not name stay between the others.
- `$deleteFromPrimitiveList/FIELD: [values]` removes values from a merging list of primitives.

Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.patches.copies import copy_json
from bouvier.meta.patches.strategic_lists import merge_lists, remove_values
from bouvier.meta.patches.structure import Structure
from bouvier.util.gotext import plain, quote

PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
ELEMENT_ORDER = "$setElementOrder/"
DELETE_VALUES = "$deleteFromPrimitiveList/"


def strategic_merge_patch(doc: Obj, patch: Any, schema: Structure | None) -> Obj:
    """Return the object with the patch merged in; no argument is changed or shared with the result.

    Raises:
        ApiError: BadRequest: the patch, or a directive in it, is malformed.
    """
    if not isinstance(patch, dict):
        raise bad_request("a strategic merge patch must be an object")
    return _merge_objects(copy_json(doc), copy_json(patch), schema)


def _merge_objects(doc: Obj, patch: Obj, schema: Structure | None) -> Obj:
    given = patch if PATCH in patch else {}
    directive = given.get(PATCH)
    if directive == "delete":
        return {}
    if directive == "replace":
        doc = {}
    elif directive not in (None, "merge"):
        raise bad_request(f"unknown patch type: {plain(directive)} in map: {plain(given)}")
    patch.pop(PATCH, None)
    _retain_keys(doc, patch)
    _merge_ordered_lists(doc, patch, schema)
    for key, value in patch.items():
        if key.startswith(DELETE_VALUES):
            _delete_values(doc, key, value, schema)
        elif value is None:
            doc.pop(key, None)
        else:
            doc[key] = _merge_values(doc.get(key), value, _field(schema, key))
    return doc


def _merge_values(current: Any, value: Any, schema: Structure | None) -> Any:
    if isinstance(value, dict):
        replaced = schema is not None and "replace" in schema.patch_strategy
        start = {} if replaced or not isinstance(current, dict) else current
        return _merge_objects(start, value, schema)
    if isinstance(value, list) and _merges(schema):
        return merge_lists(current if isinstance(current, list) else [], value, schema, _merge_objects)
    return value


def _retain_keys(doc: Obj, patch: Obj) -> None:
    if RETAIN_KEYS not in patch:
        return
    kept = patch.pop(RETAIN_KEYS)
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        raise bad_request(f"invalid patch format of {RETAIN_KEYS}: it must be a list of field names")
    for key, value in patch.items():
        if value is not None and key not in kept and not key.startswith((ELEMENT_ORDER, DELETE_VALUES)):
            why = f"patch content doesn't match retainKeys list: {quote(key)}"
            raise ApiError("Invalid", f"the server rejected our request due to an error in our request: {why}")
    for key in [key for key in doc if key not in kept]:
        del doc[key]


def _merge_ordered_lists(doc: Obj, patch: Obj, schema: Structure | None) -> None:
    for directive in [key for key in patch if key.startswith(ELEMENT_ORDER)]:
        name = directive.removeprefix(ELEMENT_ORDER)
        order = _list(patch.pop(directive), directive)
        field = _field(schema, name)
        deletes_list = name in patch and patch[name] is None
        if deletes_list or not _merges(field) or (name not in doc and name not in patch):
            continue
        current, items = _list(doc.get(name, []), name), _list(patch.pop(name, []), name)
        doc[name] = merge_lists(current, items, field, _merge_objects, order=order)


def _delete_values(doc: Obj, directive: str, values: Any, schema: Structure | None) -> None:
    name = directive.removeprefix(DELETE_VALUES)
    field = _field(schema, name)
    if not _merges(field):
        raise bad_request(f"{directive}: the list {name!r} does not merge, so values cannot be deleted from it")
    if name in doc:
        doc[name] = remove_values(_list(doc[name], name), _list(values, directive))


def _merges(schema: Structure | None) -> bool:
    return schema is not None and "merge" in schema.patch_strategy


def _field(schema: Structure | None, name: str) -> Structure | None:
    return schema.field(name) if schema is not None else None


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise bad_request(f"invalid strategic merge patch format: {name!r} must be a list")
    return value
