"""What the API server's process serves for the web console besides the API: its files, and facts of the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import bouvier
from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.console.files import ConsoleFiles

Handler = Callable[[Request], Awaitable[Answer]]


def console_paths(http_port: int, https_port: int) -> dict[str, Handler]:
    """Return the handlers by path prefix; the ports are those on which the balancer listens."""
    return {"/console": _files(), "/bouvier/v1/platform": _platform(http_port, https_port)}


def _files() -> Handler:
    files = ConsoleFiles()

    async def answer(request: Request) -> Answer:
        return Response(*files.find(request.path, request.headers.get("Accept-Encoding", "")))

    return answer


def _platform(http_port: int, https_port: int) -> Handler:
    """Tell signed-in readers what no object says."""
    facts = {"version": bouvier.__version__, "balancer": {"http": http_port, "https": https_port}}
    response = Response(200, codec.dumps(facts))

    async def answer(request: Request) -> Answer:
        if request.user is ANONYMOUS:
            raise unauthorized()
        return response

    return answer
