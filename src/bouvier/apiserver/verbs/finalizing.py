"""The `finalize` subresource of namespaces: whoever emptied it takes its own finalizer away."""

from __future__ import annotations

from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.answers import render_entry
from bouvier.apiserver.verbs.updating import change_object
from bouvier.meta.objects import Obj


async def finalize(call: Call) -> Response:
    """Set `spec.finalizers` from the body; the last one gone, the namespace goes."""
    wanted = await writing.read_object(call, call.kind)
    finalizers = (wanted.get("spec") or {}).get("finalizers") or []

    def changed(old: Obj) -> Obj:
        old["spec"] = {"finalizers": finalizers} if finalizers else {}
        return old

    return render_entry(call, await change_object(call, changed))
