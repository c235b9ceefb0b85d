"""Whose something is: the parent reference of addresses and ports that are in use."""

from __future__ import annotations

from typing import Any

from bouvier.kinds import fields, names
from bouvier.kinds.fields import Errors
from bouvier.meta.errors import required
from bouvier.meta.objects import Obj

PATH = "spec.parentRef"


def parent_errors(obj: Obj) -> Errors:
    """Check `spec.parentRef`: it is there and its parts can be parts of a path."""
    parent: dict[str, Any] | None = (obj.get("spec") or {}).get("parentRef")
    if parent is None:
        yield required(PATH)
        return
    # The core group is written as the empty text, so none can be demanded.
    if parent.get("group"):
        yield from fields.each(f"{PATH}.group", parent["group"], names.subdomain)
    for field, is_needed in (("resource", True), ("name", True), ("namespace", False)):
        value = parent.get(field) or ""
        if value:
            yield from fields.each(f"{PATH}.{field}", value, names.path_segment)
        elif is_needed:
            yield required(f"{PATH}.{field}")


def parent_changed(new: Obj, old: Obj) -> Errors:
    """Refuse another parent."""
    after, before = ((one.get("spec") or {}).get("parentRef") for one in (new, old))
    yield from fields.immutable(PATH, after, before)


def parent_text(obj: Obj) -> str:
    """Return the parent as tables show it: `services/default/web`, a group with a point before."""
    parent = (obj.get("spec") or {}).get("parentRef") or {}
    group = f"{parent['group']}." if parent.get("group") else ""
    parts = (f"{group}{parent.get('resource', '')}", parent.get("namespace", ""), parent.get("name", ""))
    return "/".join(part for part in parts if part)
