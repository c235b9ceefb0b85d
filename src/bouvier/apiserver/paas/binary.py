"""`buildconfigs/NAME/instantiatebinary`: a Build whose source is the body, a tar archive (or, with `asFile`, one file).

The archive goes straight to the host that runs the Build. When the client or this server dies on the way, the Build
fails for want of its source; nothing half uploaded is built.
"""

from __future__ import annotations

from typing import Any

from bouvier.apiserver.context import Call
from bouvier.apiserver.paas.buildlog import begun
from bouvier.apiserver.paas.calls import internal_call
from bouvier.apiserver.paas.instantiate import new_build
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.answers import render_object
from bouvier.kinds.build_v1.builds import HOST_ANNOTATION
from bouvier.meta.errors import bad_request
from bouvier.meta.objects import annotations_of
from bouvier.meta.resources import BUILDS

CHUNK_BYTES = 256 * 1024


async def instantiate_binary(call: Call) -> Response:
    """Make a Build and hand it the body as its source."""
    body = await call.request.read()
    if not body:
        raise bad_request("the body is empty: send the source as a tar archive")
    query = call.request.query
    binary: dict[str, Any] = {"asFile": query["asFile"]} if query.get("asFile") else {}
    request: dict[str, Any] = {"binary": binary}
    if query.get("revision.commit"):
        git = {"commit": query["revision.commit"], "message": query.get("revision.message", "")}
        request["revision"] = {"type": "Git", "git": git}
    entry = await new_build(call.context, call.cluster, call.target.namespace, call.target.name, request)
    build = await begun(internal_call(call.context, call.cluster, BUILDS, call.target.namespace, entry.name))
    host = annotations_of(build)[HOST_ANNOTATION]
    order = {"op": "buildsource", "uid": build["metadata"]["uid"], "options": {"bytes": str(len(body))}}
    connection = await call.context.tunnels.open(call.cluster, host, order)
    try:
        for start in range(0, len(body), CHUNK_BYTES):
            await connection.socket.send(body[start : start + CHUNK_BYTES])
        await connection.socket.receive()
    finally:
        connection.close()
    return render_object(call, build, 201)
