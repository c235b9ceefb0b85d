"""The `approval` subresource of certificate requests: the conditions of the status, and nothing else of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import reading, writing
from bouvier.apiserver.verbs.answers import render_entry
from bouvier.apiserver.verbs.patching import patched_by
from bouvier.apiserver.verbs.updating import change_object, check_name
from bouvier.meta.errors import modified
from bouvier.meta.objects import Obj


async def get_approval(call: Call) -> Response:
    """Answer with the request."""
    return reading.get(call)


async def approve(call: Call) -> Response:
    """Set `status.conditions` and metadata from the body (`kubectl certificate approve|deny`)."""
    wanted = await writing.read_object(call, call.kind)
    check_name(call, wanted)
    given = wanted["metadata"].get("resourceVersion")

    def changed(old: Obj) -> Obj:
        if given and given != old["metadata"].get("resourceVersion"):
            raise modified(call.group_resource, call.target.name)
        return _with_conditions_of(old, wanted)

    return render_entry(call, await _change(call, changed))


async def patch_approval(call: Call) -> Response:
    """Set `status.conditions` and metadata as a patch of the request says."""
    patched = await patched_by(call)
    return render_entry(call, await _change(call, lambda old: _with_conditions_of(old, patched(old))))


async def _change(call: Call, change: Callable[[Obj], Obj]) -> Entry:
    return await change_object(replace(call, target=call.target._replace(subresource="status")), change)


def _with_conditions_of(old: Obj, wanted: Obj) -> Obj:
    conditions = (wanted.get("status") or {}).get("conditions") or []
    status = (old.get("status") or {}) | {"conditions": conditions}
    return old | {"metadata": dict(wanted["metadata"]), "status": status}
