"""The `approval` subresource of certificate requests: the conditions of the status, and nothing else of it."""

from __future__ import annotations

from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs import patching, reading, updating


async def get(call: Call) -> Response:
    """Answer with the request."""
    return reading.get(call)


async def approve(call: Call) -> Response:
    """Set the conditions from the body (`kubectl certificate approve|deny`)."""
    return await updating.update(call)


async def patch(call: Call) -> Response:
    """Change the conditions as the body describes."""
    return await patching.patch(call)
