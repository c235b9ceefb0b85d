"""Port-forward: pairs of streams, and channels of a websocket."""

import asyncio

import pytest

from bouvier.apiserver.http.spdy import frames
from bouvier.apiserver.tunnels import Connection
from bouvier.apiserver.verbs.forward_channels import ChannelForward, ports_of
from bouvier.apiserver.verbs.portforward import StreamForward
from bouvier.meta.errors import ApiError
from tests.support.waiting import until
from tests.unit.apiserver.http.spdy.client import Client


class Pod:
    """A pod that answers every connection with what it got, in capitals; nobody listens on port 81."""

    def __init__(self) -> None:
        self.sockets: list[PodSocket] = []
        self.ended: list[asyncio.Event] = []

    async def open(self, port: int) -> Connection:
        if port == 81:
            raise ApiError("InternalError", "error forwarding port 81 to pod web: connection refused")
        self.sockets.append(PodSocket())
        self.ended.append(asyncio.Event())
        return Connection(self.sockets[-1], self.ended[-1])


class PodSocket:
    """The order's websocket."""

    protocol = ""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.input_ended = False

    async def receive(self) -> bytes | None:
        return await self.answers.get()

    async def send(self, message: bytes | str) -> None:
        assert isinstance(message, bytes)
        self.input_ended |= not message
        self.answers.put_nowait(message.upper() or None)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Nothing to do."""


def opening(number: int, kind: str, request: str, port: str = "80") -> frames.SynStream:
    headers = {"streamtype": kind, "port": port} | ({"requestid": request} if request else {})
    return frames.SynStream(number, headers)


@pytest.fixture
def pod() -> Pod:
    return Pod()


async def serving(client: Client, pod: Pod) -> "asyncio.Task[None]":
    return asyncio.create_task(StreamForward(pod).run(client.server))  # type: ignore[arg-type]


@pytest.mark.parametrize("request_id", ["0", ""])
async def test_a_pair_of_streams_is_one_connection(pod: Pod, request_id: str) -> None:
    """Data goes both ways, the end of the input reaches the pod, and both streams end with it."""
    client = Client()
    task = await serving(client, pod)
    client.send(opening(1, "error", request_id), frames.Data(1, b"", fin=True), opening(3, "data", request_id))
    client.send(frames.Data(3, b"hello"))
    await until(lambda: client.data(3) == b"HELLO")
    client.send(frames.Data(3, b"", fin=True))
    await until(lambda: client.finished(1) and client.finished(3))
    assert pod.sockets[0].input_ended
    assert pod.ended[0].is_set()
    assert client.data(1) == b""
    client.server.lost()
    await task


async def test_connections_do_not_mix(pod: Pod) -> None:
    """Streams of several connections may be opened in any order."""
    client = Client()
    task = await serving(client, pod)
    client.send(opening(1, "error", "a"), opening(3, "error", "b"), opening(5, "data", "b"), opening(7, "data", "a"))
    client.send(frames.Data(7, b"for a"), frames.Data(5, b"for b"))
    await until(lambda: client.data(7) == b"FOR A" and client.data(5) == b"FOR B")
    client.server.lost()
    await task
    assert all(event.is_set() for event in pod.ended)


async def test_a_port_on_which_nobody_listens(pod: Pod) -> None:
    """The reason comes on the stream for errors, and both streams end."""
    client = Client()
    task = await serving(client, pod)
    client.send(opening(1, "error", "0", "81"), opening(3, "data", "0", "81"))
    await until(lambda: client.finished(1) and client.finished(3))
    assert client.data(1) == b"error forwarding port 81 to pod web: connection refused"
    client.server.lost()
    await task


async def test_a_connection_that_the_client_gives_up(pod: Pod) -> None:
    """A reset of the stream for data ends the order, also after the end of its input."""
    client = Client()
    task = await serving(client, pod)
    client.send(opening(1, "error", "0"), opening(3, "data", "0"))
    await until(lambda: pod.sockets)
    client.send(frames.RstStream(3, frames.CANCEL))
    await until(pod.ended[0].is_set)
    client.server.lost()
    await task


@pytest.mark.parametrize("headers", [{}, {"port": "80"}, {"port": "0", "streamtype": "data"}, {"port": "x"}])
async def test_streams_that_do_not_say_what_they_are_for(pod: Pod, headers: dict[str, str]) -> None:
    """A missing type or a wrong port is refused."""
    client = Client()
    task = await serving(client, pod)
    client.send(frames.SynStream(1, headers))
    await until(lambda: client.received == [frames.RstStream(1, frames.REFUSED_STREAM)])
    client.server.lost()
    await task


class Socket:
    """A client's websocket."""

    protocol = "v4.channel.k8s.io"

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.sent: list[bytes] = []
        self.closed = False

    async def receive(self) -> bytes | None:
        return await self.inbox.get()

    async def send(self, message: bytes | str) -> None:
        assert isinstance(message, bytes)
        self.sent.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = True


async def test_channels_of_a_websocket(pod: Pod) -> None:
    """Each port has a channel for data and one for errors, which begin with the port's number."""
    socket = Socket()
    socket.inbox.put_nowait(b"\x00hello")
    task = asyncio.create_task(ChannelForward(socket, pod.open).run([80, 81]))
    await until(lambda: len(socket.sent) == 6)
    assert socket.sent[:4] == [b"\x00\x50\x00", b"\x01\x50\x00", b"\x02\x51\x00", b"\x03\x51\x00"]
    assert set(socket.sent[4:]) == {b"\x00HELLO", b"\x03error forwarding port 81 to pod web: connection refused"}
    socket.inbox.put_nowait(None)
    await task
    assert socket.closed
    assert pod.ended[0].is_set()


async def test_a_websocket_ends_with_its_connections(pod: Pod) -> None:
    """When the pod has ended the last connection nothing is left to wait for."""
    socket = Socket()
    task = asyncio.create_task(ChannelForward(socket, pod.open).run([80]))
    await until(lambda: pod.sockets)
    pod.sockets[0].answers.put_nowait(None)
    await task
    assert socket.closed


def test_ports_of_a_query() -> None:
    """Ports may be repeated or listed."""
    assert ports_of(["80,443", "8080"]) == [80, 443, 8080]


@pytest.mark.parametrize("values", [[], ["0"], ["65536"], ["http"], ["80,"], ["1"] * 128])
def test_wrong_ports_of_a_query(values: list[str]) -> None:
    """What is no port is named."""
    with pytest.raises(ApiError):
        ports_of(values)
