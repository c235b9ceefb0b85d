"""Field sets: the `fieldsV1` of a manager, as nested dicts, and their algebra.

A set is kept in its wire form: a dict from path element to the set below it. `{}` is a member with nothing below it; a
`.` among other elements says that the path itself is a member too; elements without `.` only lead to members. So
`{"f:spec": {"f:replicas": {}}}` has one member. The root is not a member, hence `{}` at the root is the empty set.

No function changes its arguments, but results share parts with them: treat every set as immutable.

Source: https://github.com/kubernetes-sigs/structured-merge-diff
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bouvier.meta.errors import bad_request
from bouvier.meta.patches.elements import check_element, show_element

Fields = dict[str, Any]
"""A field set, or the node below a path element of one."""

SELF = "."


def is_member(node: Fields) -> bool:
    """Tell whether the path that leads to the node is in the set."""
    return not node or SELF in node


def union(left: Fields, right: Fields) -> Fields:
    """Return the members of either set; `left` itself when `right` adds nothing."""
    if not left or not right:
        return left or right
    return _union_nodes(left, right)


def difference(left: Fields, right: Fields) -> Fields:
    """Return the members of `left` that are not members of `right`; `left` itself when they have none in common."""
    if not left or not right:
        return left
    return {} if left == right else _subtract(left, right) or {}


def without_paths(left: Fields, paths: Fields) -> Fields:
    """Return the members of `left` that neither are members of `paths` nor lie below one."""
    if not left or not paths:
        return left
    return _cut(left, paths) or {}


def intersection(left: Fields, right: Fields) -> Fields:
    """Return the members that both sets have."""
    common: Fields = {}
    for element, node in left.items():
        other = right.get(element)
        if other is None or element == SELF:
            continue
        below = intersection(node, other)
        if is_member(node) and is_member(other):
            common[element] = {SELF: {}, **below} if below else {}
        elif below:
            common[element] = below
    return common


def paths(fields: Fields, prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every member, parents first, siblings by element."""
    for element in sorted(fields):
        if element == SELF:
            continue
        path = (*prefix, element)
        if is_member(fields[element]):
            yield path
        yield from paths(fields[element], path)


def show_path(path: tuple[str, ...]) -> str:
    """Return a path as messages show it: `.spec.containers[name="web"].image`."""
    return "".join(map(show_element, path))


def check_fields(fields: Any) -> None:
    """Refuse what is not a field set.

    Raises:
        ApiError: BadRequest: a wrong element or value.
    """
    if not isinstance(fields, dict):
        raise bad_request("invalid fieldsV1: it must be an object of path elements")
    for element, node in fields.items():
        try:
            check_element(element)
        except ValueError as error:
            raise bad_request(f"invalid fieldsV1: {error}") from error
        if element == SELF and node != {}:
            raise bad_request("invalid fieldsV1: the value of '.' must be an empty object")
        check_fields(node)


def _union_nodes(left: Fields, right: Fields) -> Fields:
    if not left or not right:
        node = left or right
        return node if is_member(node) else {SELF: {}, **node}
    result: Fields | None = None
    for element, theirs in right.items():
        ours = left.get(element)
        if ours is None:
            merged = theirs
        elif ours is theirs or not (ours or theirs):
            continue
        else:
            merged = _union_nodes(ours, theirs)
            if merged is ours:
                continue
        result = dict(left) if result is None else result
        result[element] = merged
    return left if result is None else result


def _subtract(left: Fields, right: Fields) -> Fields | None:
    """Return what remains of a node, None when nothing does."""
    if not left:
        return None if is_member(right) else left
    if not right:
        return left if SELF not in left else {element: node for element, node in left.items() if element != SELF}
    result: Fields | None = None
    for element, theirs in right.items():
        ours = left.get(element)
        if ours is None:
            continue
        kept = None if element == SELF else _subtract(ours, theirs)
        if kept is ours:
            continue
        result = dict(left) if result is None else result
        _put(result, element, kept)
    return left if result is None else _normal(result)


def _cut(left: Fields, paths: Fields) -> Fields | None:
    """Return what remains of a node that itself stays, None when nothing does."""
    result: Fields | None = None
    for element, below in paths.items():
        ours = left.get(element)
        if ours is None or element == SELF:
            continue
        kept = None if is_member(below) else _cut(ours, below)
        if kept is ours:
            continue
        result = dict(left) if result is None else result
        _put(result, element, kept)
    return left if result is None else _normal(result)


def _put(node: Fields, element: str, below: Fields | None) -> None:
    if below is None:
        del node[element]
    else:
        node[element] = below


def _normal(node: Fields) -> Fields | None:
    """Return the one way to write the node: `{}` for a member alone, None when nothing is left."""
    if len(node) == 1 and SELF in node:
        return {}
    return node or None
