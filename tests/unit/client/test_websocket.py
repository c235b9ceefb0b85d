import asyncio

import pytest
from wsproto import ConnectionType, WSConnection
from wsproto import events as ws

from bouvier.client import Client, Endpoint
from bouvier.meta.errors import ApiError
from tests.support.small_api import SmallApi


async def test_messages_go_both_ways(client: Client) -> None:
    """Binary and text messages of any size come back unchanged, and the subprotocol is agreed on."""
    socket = await client.websocket("/echo", protocols=("v4", "v5.channel.k8s.io"))
    assert socket.subprotocol == "v5.channel.k8s.io"
    big = bytes(range(256)) * 2000
    for message in (b"", b"\x00x", big):
        await socket.send(message)
        assert await socket.receive() == message
    await socket.send_text("größe")
    assert await socket.receive() == "größe".encode()
    await socket.close()
    with pytest.raises(ConnectionError):
        await socket.send(b"x")


async def test_peer_closes(client: Client) -> None:
    """When the peer closes, receive returns None and code and reason are known."""
    socket = await client.websocket("/echo")
    await socket.send_text("close")
    assert await socket.receive() is None
    assert (socket.close_code, socket.close_reason) == (4000, "as asked")
    await socket.close()


async def test_refused_handshake_tells_why(client: Client, api: SmallApi) -> None:
    """A refusal of the handshake is the ApiError that the server answered with."""
    api.refuse["GET"] = (404, "NotFound")
    with pytest.raises(ApiError, match="refused by the test") as refused:
        await client.websocket("/echo")
    assert (refused.value.reason, refused.value.code) == ("NotFound", 404)


async def test_lost_connection_is_an_error(client: Client, api: SmallApi) -> None:
    """A connection that breaks is told apart from a peer that closes."""
    socket = await client.websocket("/echo")
    api.break_connections()
    with pytest.raises(ConnectionError):
        await socket.receive()


async def test_dead_peer_is_found_by_heartbeat(tmp_path) -> None:
    """With a heartbeat, a peer that says nothing any more is a lost connection."""

    async def accept_and_be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = WSConnection(ConnectionType.SERVER)
        protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        assert [type(event) for event in protocol.events()] == [ws.Request]
        writer.write(protocol.send(ws.AcceptConnection()))
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_unix_server(accept_and_be_silent, str(tmp_path / "silent.sock"))
    client = Client.connect(Endpoint(unix_socket=str(tmp_path / "silent.sock")))
    socket = await client.websocket("/", heartbeat_seconds=0.02)
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(socket.receive(), 5)
    server.close()


async def test_no_server(tmp_path) -> None:
    """Without a server a websocket fails like every other call."""
    client = Client.connect(Endpoint(unix_socket=str(tmp_path / "none.sock")))
    with pytest.raises(ConnectionError, match=r"none\.sock"):
        await client.websocket("/")
