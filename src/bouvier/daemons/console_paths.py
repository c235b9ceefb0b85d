"""What the API server's process serves for the web console besides the API: its files, and facts of the platform."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import bouvier
from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.console.files import ConsoleFiles
from bouvier.daemons import conversion, invoice_files, stack_check
from bouvier.util.signing_requests import ca_hash

Handler = Callable[[Request], Awaitable[Answer]]


def console_paths(http_port: int, https_port: int, ca_pem: bytes = b"") -> dict[str, Handler]:
    """Return the handlers by path prefix; the ports are those on which the balancer listens."""
    facts = {
        "version": bouvier.__version__,
        "caHash": ca_hash(ca_pem) if ca_pem else "",
        "balancer": {"http": http_port, "https": https_port},
    }
    return {
        "/console": _files(),
        "/bouvier/v1/platform": _platform(facts),
        conversion.PATH: conversion.convert,
        stack_check.PATH: stack_check.check,
        invoice_files.PATH: invoice_files.invoice_file,
    }


def _files() -> Handler:
    files = ConsoleFiles()

    async def answer(request: Request) -> Answer:
        return Response(*files.find(request.path, request.headers.get("Accept-Encoding", "")))

    return answer


def _platform(facts: dict[str, Any]) -> Handler:
    """Tell signed-in readers what no object says."""
    response = Response(200, codec.dumps(facts))

    async def answer(request: Request) -> Answer:
        if request.user is ANONYMOUS:
            raise unauthorized()
        return response

    return answer
