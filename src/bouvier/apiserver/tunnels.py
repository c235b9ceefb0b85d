"""The way from the API server to a host: through connections that the host's agent opened.

The agent keeps one control websocket. To reach a container the server sends an order over it, and the agent
answers by opening a second websocket for just that order. See `design/interfaces.md`, Tunnel.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

from bouvier.apiserver.request import WebSocket
from bouvier.meta.errors import ApiError

ANSWER_SECONDS = 15.0
"""How long an agent may take to open the second websocket: it is one round trip plus opening the log or process."""


class Tunnels:
    """Control connections by cluster and node, and orders that wait for their websocket."""

    def __init__(self) -> None:
        self._controls: dict[tuple[str, str], WebSocket] = {}
        self._orders: dict[str, _Order] = {}

    def connected(self) -> list[tuple[str, str]]:
        """Return cluster and name of every host whose agent is connected."""
        return list(self._controls)

    async def serve_control(self, cluster: str, node: str, socket: WebSocket) -> None:
        """Keep an agent's control websocket until it closes; a newer one replaces it."""
        self._controls[cluster, node] = socket
        try:
            while await socket.receive() is not None:
                pass
        finally:
            if self._controls.get((cluster, node)) is socket:
                del self._controls[cluster, node]

    async def serve_order(self, cluster: str, node: str, identifier: str, socket: WebSocket) -> None:
        """Hand an agent's answer to whoever gave the order, and keep it until that one is done."""
        order = self._orders.pop(identifier, None)
        if order is None or order.host != (cluster, node):
            await socket.close(1008, "no such order")
            return
        order.answered.set_result(socket)
        await order.finished.wait()
        await socket.close()

    async def open(self, cluster: str, node: str, order: dict[str, Any]) -> Connection:
        """Give an order to a node and return the websocket on which it is carried out.

        Raises:
            ApiError: ServiceUnavailable when the host cannot be reached, or the agent's own refusal.

        """
        control = self._controls.get((cluster, node))
        if control is None:
            raise ApiError(
                "ServiceUnavailable", f'host "{node}" has no connection to the API server at the moment: try again'
            )
        identifier = secrets.token_urlsafe(16)
        waiting = self._orders[identifier] = _Order((cluster, node))
        try:
            await control.send(json.dumps({"id": identifier} | order))
            socket = await asyncio.wait_for(waiting.answered, ANSWER_SECONDS)
            first = await asyncio.wait_for(socket.receive(), ANSWER_SECONDS)
        except (TimeoutError, ConnectionError) as error:
            waiting.finished.set()
            raise ApiError("Timeout", f'host "{node}" did not answer within {ANSWER_SECONDS:.0f} s') from error
        except asyncio.CancelledError:
            waiting.finished.set()
            raise
        finally:
            self._orders.pop(identifier, None)
        answer = _first_answer(first, node)
        if answer is not None:
            waiting.finished.set()
            raise answer
        return Connection(socket, waiting.finished)


def _first_answer(message: bytes | str | None, node: str) -> ApiError | None:
    """Return the refusal that an agent's first message holds, None when it says that all is well."""
    try:
        answer = json.loads(message or "null")
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return ApiError("ServiceUnavailable", f'host "{node}" closed the connection without an answer: try again')
    return None if answer.get("ok") else ApiError.from_status(answer)


class Connection:
    """An order that is being carried out."""

    def __init__(self, socket: WebSocket, finished: asyncio.Event) -> None:
        self.socket = socket
        self._finished = finished

    def close(self) -> None:
        """End the order on both sides."""
        self._finished.set()


class _Order:
    def __init__(self, host: tuple[str, str]) -> None:
        self.host = host
        self.answered: asyncio.Future[WebSocket] = asyncio.get_running_loop().create_future()
        self.finished = asyncio.Event()
