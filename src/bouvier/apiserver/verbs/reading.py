"""Get one object."""

from __future__ import annotations

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.answers import answer_entry, render_entry


def find(call: Call) -> Entry:
    """Return the named object.

    Raises:
        ApiError: NotFound.

    """
    namespace = call.target.namespace if call.kind.resource.namespaced else ""
    entry: Entry | None = call.cache.entries.get(f"{namespace}/{call.target.name}")
    if entry is None:
        raise call.missing()
    return entry


def is_there(call: Call) -> bool:
    """Tell whether the named object exists."""
    namespace = call.target.namespace if call.kind.resource.namespaced else ""
    return f"{namespace}/{call.target.name}" in call.cache.entries


async def get_converted(call: Call) -> Response:
    """Answer with the named object, of whatever kind."""
    return await answer_entry(call, find(call))


def get(call: Call) -> Response:
    """Answer with the named object, in the form that the client asks for."""
    return render_entry(call, find(call))
