"""The `approval` subresource of certificate requests: the conditions of the status, and nothing else of it."""

from __future__ import annotations

from dataclasses import replace

from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.answers import render_entry
from bouvier.apiserver.verbs.updating import change_object
from bouvier.meta.errors import modified
from bouvier.meta.objects import Obj


async def approve(call: Call) -> Response:
    """Set `status.conditions` from the body (`kubectl certificate approve|deny`)."""
    wanted = await writing.read_object(call, call.kind)
    given = wanted["metadata"].get("resourceVersion")
    conditions = (wanted.get("status") or {}).get("conditions") or []
    as_status = replace(call, target=call.target._replace(subresource="status"))

    def changed(old: Obj) -> Obj:
        if given and given != old["metadata"].get("resourceVersion"):
            raise modified(call.group_resource, call.target.name)
        old["status"] = (old.get("status") or {}) | {"conditions": conditions}
        return old

    return render_entry(call, await change_object(as_status, changed))
