"""What a URL and a method may ask for besides the verbs: refused methods, the older watch paths, a limit of time.

Source: Kubernetes API concepts, and `WithRequestDeadline` of its API server for the parameter `timeout`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bouvier.apiserver.request import Request, Target
from bouvier.kinds.kind import Kind
from bouvier.meta.errors import ApiError, bad_request

NOT_ALLOWED = "the server does not allow this method on the requested resource"
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_STEP = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
LONGEST_SECONDS = 60.0
"""As the original's `--request-timeout`: no request that is not a watch or a stream takes longer."""


def not_found_path() -> ApiError:
    """Return the refusal of a path that leads nowhere."""
    return ApiError("NotFound", "the server could not find the requested resource")


def not_allowed(kind: Kind, verb: str) -> ApiError:
    """Return the refusal of a verb that a kind does not have."""
    if not kind.is_custom:
        return ApiError("MethodNotAllowed", NOT_ALLOWED)
    resource = kind.resource
    message = f'{verb} is not supported on resources of kind "{resource.group_resource}"'
    return ApiError("MethodNotAllowed", message, details={"group": resource.group, "kind": resource.plural})


def old_watch_path(request: Request, target: Target) -> None:
    """Turn `/api/v1/watch/…` and `/apis/GROUP/VERSION/watch/…` into the path and query that are usual today.

    Raises:
        ApiError: MethodNotAllowed for anything but GET.

    """
    if request.method != "GET":
        raise ApiError("MethodNotAllowed", NOT_ALLOWED)
    prefix = f"/apis/{target.group}/{target.version}/" if target.group else f"/api/{target.version}/"
    request.path = prefix + request.path.removeprefix(f"{prefix}watch/")
    request.set_query(f"{request.query_text}&watch=true" if request.query_text else "watch=true")


@asynccontextmanager
async def deadline(request: Request) -> AsyncIterator[None]:
    """End what takes longer than the parameter `timeout` allows.

    Raises:
        ApiError: BadRequest for a text that is no duration, Timeout when the time is over.

    """
    text = request.query.get("timeout", "")
    try:
        async with asyncio.timeout(_duration(text)):
            yield
    except TimeoutError:
        message = "Timeout: request did not complete within the allotted timeout"
        raise ApiError("Timeout", message) from None


def _duration(text: str) -> float | None:
    """Return the seconds of a duration as Go writes it (`1m30s`), None for no limit of the client's own."""
    steps = _STEP.findall(text)
    if "".join(number + unit for number, unit in steps) != text and text != "0":
        raise bad_request(f'invalid timeout specified in the request URL - time: invalid duration "{text}"')
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in steps)
    return min(seconds, LONGEST_SECONDS) if seconds else None
