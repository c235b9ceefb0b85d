"""Requests that the API server makes of itself: bootstrap and the custom kinds' controller."""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.apiserver.authz.rules import MASTERS
from bouvier.apiserver.headers import Headers
from bouvier.apiserver.request import RawConnection, Request, Stream, StreamConnection, User, WebSocket

SELF = User("system:apiserver", (MASTERS,))
"""Who the server is to itself."""


class NoExchange:
    """Stands where a connection would be; internal requests never stream."""

    async def start_stream(self, status: int, headers: Mapping[str, str]) -> Stream:
        """Refuse."""
        raise NotImplementedError(status, headers)

    async def start_answer(self, status: int, headers: Mapping[str, str]) -> Stream:
        """Refuse."""
        raise NotImplementedError(status, headers)

    async def accept_websocket(self, protocols: tuple[str, ...]) -> WebSocket:
        """Refuse."""
        raise NotImplementedError(protocols)

    async def accept_spdy(self, protocols: tuple[str, ...]) -> StreamConnection:
        """Refuse."""
        raise NotImplementedError(protocols)

    async def hand_over(self, head: bytes) -> RawConnection:
        """Refuse."""
        raise NotImplementedError(head)


async def _no_body() -> bytes:
    return b""


def internal_request(cluster: str, user: User) -> Request:
    """Return a request without a body, made by the server itself."""
    return Request(
        "POST",
        "/",
        "",
        Headers([("user-agent", "bouvier-apiserver")]),
        _no_body,
        NoExchange(),
        cluster=cluster,
        user=user,
    )
