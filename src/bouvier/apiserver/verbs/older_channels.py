"""Websocket protocols of exec, attach and log older than `v4.channel.k8s.io`, and their forms in Base64.

Hosts speak binary frames of the newest form; these sockets look like it to them. Before version 4 the error channel
carries a sentence, and nothing when all went well. In Base64 a frame is text: the channel as a digit, then the data.
Source: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/remotecommand
"""

from __future__ import annotations

import base64
import binascii
import json

from bouvier.apiserver.request import WebSocket

CHANNEL_PROTOCOLS = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    "channel.k8s.io",
    "base64.channel.k8s.io",
)
STREAM_PROTOCOLS = ("binary.k8s.io", "base64.binary.k8s.io")
"""Those of a log: one stream, without channels."""
_ERROR = 3
_ZERO = ord("0")


def as_newest(socket: WebSocket) -> WebSocket:
    """Return a websocket that speaks frames of the newest form, whatever its client has chosen."""
    return socket if socket.protocol.startswith(("v5.", "v4.channel")) else OlderChannels(socket)


class OlderChannels:
    """A client's websocket of an older form."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self.protocol = socket.protocol
        self._is_text = "base64" in socket.protocol
        self._has_status = socket.protocol.startswith("v4.")

    async def receive(self) -> bytes | str | None:
        """Return the next frame, None after the client closed."""
        message = await self._socket.receive()
        return self._decoded(message) if isinstance(message, str) else message

    @staticmethod
    def _decoded(message: str) -> bytes:
        if not message:
            return b""
        try:
            return bytes([(ord(message[0]) - _ZERO) & 0xFF]) + base64.b64decode(message[1:])
        except (binascii.Error, ValueError):
            return b""

    async def send(self, message: bytes | str) -> None:
        """Send one frame."""
        frame = message.encode() if isinstance(message, str) else message
        if frame and frame[0] == _ERROR and not self._has_status:
            frame = _sentence(frame)
        if not frame:
            return
        if self._is_text:
            await self._socket.send(chr(_ZERO + frame[0]) + base64.b64encode(frame[1:]).decode())
        else:
            await self._socket.send(frame)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close with a code."""
        await self._socket.close(code, reason)


def _sentence(frame: bytes) -> bytes:
    """Return an error frame with the message of its Status alone, nothing for a success."""
    try:
        status = json.loads(frame[1:])
    except ValueError:
        return frame
    if status.get("status") == "Success":
        return b""
    return frame[:1] + str(status.get("message") or "").encode()
