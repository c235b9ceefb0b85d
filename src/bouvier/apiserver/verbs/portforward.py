"""`pods/portforward`: connections of the client's that end at a port inside a pod.

Each connection is one order to the pod's host. Clients say which connections there are in two ways: streams of SPDY/3.1
in pairs, one for data and one for errors, as many as are wanted over time; or channels of a websocket, a pair for each
port named in the query.
Source: https://github.com/kubernetes/enhancements/tree/master/keps/sig-api-machinery/4006-transition-spdy-to-websockets
"""

from __future__ import annotations

import asyncio

from bouvier.apiserver.context import Call
from bouvier.apiserver.headers import Headers
from bouvier.apiserver.request import Answer, ByteStream, StreamConnection, Streamed, WebSocket
from bouvier.apiserver.tunnels import Connection
from bouvier.apiserver.verbs import reading
from bouvier.apiserver.verbs.connecting import admit_connection
from bouvier.apiserver.verbs.forward_channels import ChannelForward, ports_of
from bouvier.apiserver.verbs.orders import host_of, open_order
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj

PROTOCOL = "portforward.k8s.io"
CHANNEL_PROTOCOL = "v4.channel.k8s.io"
MAX_HALF_PAIRS = 256
"""Streams that may wait for their other half."""


async def forward(call: Call) -> Answer:
    """Carry connections into a pod for as long as the client stays."""
    pod = reading.find(call).decode()
    host_of(pod)
    headers = call.request.headers
    if headers.get("Upgrade", "").lower() not in ("websocket", "spdy/3.1"):
        raise bad_request("Upgrade request required: to SPDY/3.1, or to a websocket")
    await admit_connection(call)
    forwarding = Forwarding(call, pod)
    if _names_channels(headers):
        ports = ports_of(call.request.query_list("ports"))
        return Streamed(lambda: _run_channels(call, forwarding, ports))
    return Streamed(lambda: _run_streams(call, forwarding))


def _names_channels(headers: Headers) -> bool:
    offered = ",".join(headers.getall("sec-websocket-protocol"))
    return headers.get("upgrade").lower() == "websocket" and PROTOCOL not in offered


class Forwarding:
    """What is forwarded to."""

    def __init__(self, call: Call, pod: Obj) -> None:
        self._call = call
        self._pod = pod

    async def open(self, port: int) -> Connection:
        """Connect to a port of the pod.

        Raises:
            ApiError: nobody listens there, or the pod cannot be reached; the message is complete.

        """
        try:
            return await open_order(self._call, self._pod, "portforward", port=str(port))
        except ApiError as error:
            metadata = self._pod["metadata"]
            where = f"error forwarding port {port} to pod {metadata['name']}, uid {metadata['uid']}"
            raise ApiError(error.reason, f"{where}: {error.message}", code=error.code) from error


async def _run_channels(call: Call, forwarding: Forwarding, ports: list[int]) -> None:
    socket = await call.request.exchange.accept_websocket((CHANNEL_PROTOCOL,))
    await ChannelForward(socket, forwarding.open).run(ports)


async def _run_streams(call: Call, forwarding: Forwarding) -> None:
    connection = await call.request.exchange.accept_spdy((PROTOCOL,))
    try:
        await StreamForward(forwarding).run(connection)
    finally:
        await connection.close()


class StreamForward:
    """Finds the pairs among a client's streams and carries each to the pod."""

    def __init__(self, forwarding: Forwarding) -> None:
        self._forwarding = forwarding
        self._halves: dict[str, ByteStream] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, connection: StreamConnection) -> None:
        """Serve until the client leaves."""
        try:
            while (stream := await connection.accept()) is not None:
                self._take(stream)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _take(self, stream: ByteStream) -> None:
        if not is_proper(stream.headers) or len(self._halves) >= MAX_HALF_PAIRS:
            stream.refuse()
            return
        stream.reply()
        request = request_of(stream)
        other = self._halves.pop(request, None)
        if other is None:
            self._halves[request] = stream
            return
        pair = {half.headers["streamtype"]: half for half in (stream, other)}
        if len(pair) == 2:
            task = asyncio.create_task(self._carry(pair["data"], pair["error"]), name="port-forward")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            stream.finish()
            other.finish()

    async def _carry(self, data: ByteStream, errors: ByteStream) -> None:
        try:
            connection = await self._forwarding.open(int(data.headers["port"]))
            try:
                await join(data, connection.socket)
            finally:
                connection.close()
        except ApiError as error:
            await errors.send(error.message.encode())
        except ConnectionError:
            return  # the client gave it up
        finally:
            data.finish()
            errors.finish()


def is_proper(headers: dict[str, str]) -> bool:
    """Tell whether a stream says what it is for (pure)."""
    port = headers.get("port", "")
    is_port = port.isascii() and port.isdecimal() and 0 < int(port) < 1 << 16
    return is_port and headers.get("streamtype") in ("data", "error")


def request_of(stream: ByteStream) -> str:
    """Return what the two streams of a pair have in common.

    Clients that give no identifier open the stream for errors first, and the one for data directly after it.
    """
    given = stream.headers.get("requestid")
    first = stream.identifier - (2 if stream.headers["streamtype"] == "data" else 0)
    return given or f"stream {first}"


async def join(client: ByteStream, host: WebSocket) -> None:
    """Pass bytes both ways until the pod ends the connection or the client gives it up.

    The end of what the client sends is an empty message to the host.
    """
    inward = asyncio.create_task(_upload(client, host), name="port-forward-in")
    outward = asyncio.create_task(_download(host, client), name="port-forward-out")
    try:
        await asyncio.wait((inward, outward), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (inward, outward):
            task.cancel()
        await asyncio.gather(inward, outward, return_exceptions=True)


async def _upload(client: ByteStream, host: WebSocket) -> None:
    while (data := await client.receive()) is not None:
        await host.send(data)
    await host.send(b"")
    await client.given_up()


async def _download(host: WebSocket, client: ByteStream) -> None:
    while (message := await host.receive()) is not None:
        if isinstance(message, bytes):
            await client.send(message)
