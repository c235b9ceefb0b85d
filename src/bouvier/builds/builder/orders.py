"""What the API server asks of a builder through the host's tunnel: logs, and taking an uploaded source."""

from __future__ import annotations

import asyncio
from typing import Protocol

from bouvier.builds.builder.builder import Builder
from bouvier.builds.builder.log import last_lines, read_log
from bouvier.builds.builder.workshop import Workshop
from bouvier.client.websocket import WebSocket
from bouvier.meta.errors import ApiError, bad_request

STALLED_SECONDS = 60.0


class Order(Protocol):
    """What was asked, as the tunnel gives it."""

    @property
    def uid(self) -> str:
        """Return the uid of the Build."""

    def option(self, name: str) -> str:
        """Return an option as text."""

    def flag(self, name: str) -> bool:
        """Return an option that is on or off."""

    def number(self, name: str) -> int | None:
        """Return an option that is a number. Raises: ApiError."""


class BuildOrders:
    """Carries the orders out."""

    def __init__(self, shop: Workshop, builder: Builder) -> None:
        self._shop = shop
        self._builder = builder

    async def log(self, order: Order, socket: WebSocket) -> None:
        """Send a log, followed if asked."""
        path = self._shop.log_file(_checked(order.uid))
        if not path.exists():
            raise ApiError("NotFound", "this build has no log on its host any more")
        tail = order.number("tailLines")
        live = self._builder.logs.get(order.uid) if order.flag("follow") else None
        await socket.send_text('{"ok": true}')
        sender = asyncio.create_task(self._send(order.uid, live is not None, tail, socket), name="build log")
        watcher = asyncio.create_task(_until_closed(socket), name="build log reader")
        try:
            await asyncio.wait((sender, watcher), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sender, watcher):
                task.cancel()
            await asyncio.gather(sender, watcher, return_exceptions=True)

    async def _send(self, uid: str, follow: bool, tail: int | None, socket: WebSocket) -> None:  # noqa: FBT001
        path = self._shop.log_file(uid)
        if tail is not None and not follow:
            await socket.send(last_lines(path.read_bytes(), tail))
            return
        async for piece in read_log(path, self._builder.logs.get(uid) if follow else None):
            await socket.send(piece)

    async def source(self, order: Order, socket: WebSocket) -> None:
        """Take an uploaded source; it counts only when it is whole."""
        target = self._shop.upload_file(_checked(order.uid))
        size = order.number("bytes") or 0
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = target.with_suffix(".part")
        await socket.send_text('{"ok": true}')
        received = 0
        with draft.open("wb") as file:
            while received < size:
                async with asyncio.timeout(STALLED_SECONDS):
                    piece = await socket.receive()
                if piece is None:
                    draft.unlink(missing_ok=True)
                    return
                received += len(piece)
                file.write(piece)
        draft.replace(target)
        await socket.send(b"taken")


def _checked(uid: str) -> str:
    if not uid or not all(letter.isalnum() or letter == "-" for letter in uid):
        raise bad_request("uid: is not that of a build")
    return uid


async def _until_closed(socket: WebSocket) -> None:
    while await socket.receive() is not None:
        pass
