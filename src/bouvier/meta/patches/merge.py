"""JSON merge patch: objects merge key by key, null deletes, everything else replaces.

Source: RFC 7386.
"""

from __future__ import annotations

from typing import Any

from bouvier.meta.patches.copies import copy_json


def merge_patch(doc: Any, patch: Any) -> Any:
    """Return the document with the patch merged in; neither argument is changed or shared with the result."""
    return _merge(copy_json(doc), copy_json(patch))


def _merge(doc: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    if not isinstance(doc, dict):
        doc = {}
    for key, value in patch.items():
        if value is None:
            doc.pop(key, None)
        elif isinstance(value, dict):
            doc[key] = _merge(doc.get(key), value)
        else:
            doc[key] = value
    return doc
