"""`builds/NAME/log`: the log of a Build, from the host that runs it, followed if asked."""

from __future__ import annotations

import asyncio

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Answer, Streamed
from bouvier.apiserver.verbs import reading
from bouvier.apiserver.verbs.streams import PAUSE_SECONDS, SLOW_BYTES
from bouvier.kinds.build_v1.builds import HOST_ANNOTATION, is_final, phase_of
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj, annotations_of

WAIT_SECONDS = 10.0
"""How long a reader without `nowait` waits for a Build to begin, as OpenShift's log waits."""


async def log(call: Call) -> Answer:
    """Answer with the log of a Build."""
    build = await begun(call)
    host = annotations_of(build).get(HOST_ANNOTATION, "")
    order = {"op": "buildlog", "uid": build["metadata"]["uid"], "options": dict(call.request.query)}
    connection = await call.context.tunnels.open(call.cluster, host, order)

    async def run() -> None:
        stream = await call.request.exchange.start_stream(200, {"Content-Type": "text/plain"})
        try:
            while (message := await connection.socket.receive()) is not None:
                if message:
                    stream.write(message if isinstance(message, bytes) else message.encode())
                while stream.unsent_bytes > SLOW_BYTES:  # noqa: ASYNC110 (the transport has no event for it)
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            connection.close()

    return Streamed(run)


async def begun(call: Call) -> Obj:
    """Return the Build once its host is known.

    Raises:
        ApiError: BadRequest for one that ended before it began; Timeout for one that still waits.

    """
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    seen: Entry | None = None
    while True:
        entry = reading.find(call)
        if entry is not seen:
            seen, build = entry, entry.decode()
            if annotations_of(build).get(HOST_ANNOTATION):
                return build
            if is_final(build):
                raise bad_request(f"build {call.target.name} ended before it began: it has no log")
        is_over = asyncio.get_running_loop().time() > deadline
        if is_over or call.request.query.get("nowait") == "true":
            raise ApiError("Timeout", f"build {call.target.name} is still {phase_of(build)}: try again later")
        await asyncio.sleep(PAUSE_SECONDS)
