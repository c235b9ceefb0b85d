import asyncio
import ssl
from pathlib import Path

import pytest

from bouvier.client import Client, Endpoint
from bouvier.client.http.connection import STREAM_BUFFER_BYTES
from bouvier.client.http.pool import IDLE_SECONDS
from tests.support.small_api import SmallApi
from tests.support.waiting import until


class Last(bytes):
    """An answer after which the server closes."""


class Script:
    """A server that answers each request with the next scripted bytes; None closes without an answer."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.received: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.received.append(head.split(b" ")[0])
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
                if isinstance(answer, Last):
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
async def scripted(tmp_path: Path):
    servers = []

    async def start(*answers: bytes | None) -> tuple[Script, Client]:
        script = Script(*answers)
        path = str(tmp_path / f"{len(servers)}.sock")
        server = await asyncio.start_unix_server(script.serve, path)
        client = Client.connect(Endpoint(unix_socket=path))
        servers.append((server, client))
        return script, client

    yield start
    for server, client in servers:
        await client.close()
        server.close()


async def test_connections_are_kept(scripted) -> None:
    """Requests one after another share a connection."""
    script, client = await scripted(OK, OK, OK)
    for _ in range(3):
        await client.request("GET", "/a")
    assert script.connections == 1


async def test_idempotent_request_is_sent_again(scripted) -> None:
    """A GET on a kept connection that closes unanswered succeeds on a fresh one."""
    script, client = await scripted(OK, None, OK)
    await client.request("GET", "/a")
    assert await client.request("GET", "/b") == {}
    assert (script.received, script.connections) == ([b"GET", b"GET", b"GET"], 2)


async def test_post_is_never_sent_twice(scripted) -> None:
    """A POST that may have been received is reported as broken, not repeated."""
    script, client = await scripted(OK, None, OK)
    await client.request("GET", "/a")
    with pytest.raises(ConnectionError):
        await client.request("POST", "/b")
    assert script.received == [b"GET", b"POST"]


async def test_closed_kept_connection_is_not_used(scripted) -> None:
    """A POST goes over a fresh connection when the server has closed the kept one meanwhile."""
    script, client = await scripted(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), OK)
    await client.request("GET", "/a")
    assert await client.request("POST", "/b") == {}
    assert script.connections == 2


async def test_fresh_connection_is_not_retried(scripted) -> None:
    """A server that closes every connection is an error, not a loop."""
    script, client = await scripted(None, OK)
    with pytest.raises(ConnectionError):
        await client.request("GET", "/a")
    assert script.connections == 1


async def test_half_an_answer_is_an_error(scripted) -> None:
    """An answer cut in the middle is an error although the request is idempotent."""
    script, client = await scripted(OK, Last(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{"), OK)
    await client.request("GET", "/a")
    with pytest.raises(ConnectionError):
        await client.request("GET", "/b")
    assert script.received == [b"GET", b"GET"]


async def test_closing_the_client_ends_calls_in_progress(api: SmallApi, client: Client) -> None:
    """A call that waits for its answer fails at once when the client is closed."""
    waiting = asyncio.ensure_future(client.raw("GET", "/slow"))
    await until(lambda: api.requests)
    await client.close()
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(waiting, 5)


async def test_body_until_the_connection_ends(scripted) -> None:
    """An answer without a length lasts until the server closes."""
    _, client = await scripted(Last(b'HTTP/1.1 200 OK\r\n\r\n{"a": 1}'))
    assert await client.request("GET", "/a") == {"a": 1}


async def test_garbage_is_an_error(scripted) -> None:
    """Something that is not HTTP is an error of the connection."""
    _, client = await scripted(b"SSH-2.0-x\r\n\r\n")
    with pytest.raises(ConnectionError, match="not an HTTP answer"):
        await client.request("GET", "/a")


async def test_no_answer_in_time(api: SmallApi, client: Client) -> None:
    """A server that does not answer is a ConnectionError after the time given."""
    with pytest.raises(ConnectionError, match=r"within 0\.05 s"):
        await client.raw("GET", "/slow", answer_seconds=0.05)


async def test_cancelled_request_leaves_no_connection_behind(api: SmallApi, client: Client) -> None:
    """Cancelling a call closes its connection, and the next call works."""
    task = asyncio.ensure_future(client.raw("GET", "/slow"))
    await until(lambda: api.requests)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await client.raw("GET", "/text")).body == b"plain words"
    assert len(client._pool._idle) == 1


async def test_slow_reader_stops_the_server(api: SmallApi, client: Client, tmp_path: Path) -> None:
    """A stream that nobody reads is not taken into memory without bound."""
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(512):
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                written += 65536
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_unix_server(flood, str(tmp_path / "flood.sock"))
    other = Client.connect(Endpoint(unix_socket=str(tmp_path / "flood.sock")))
    async with other.stream("GET", "/") as chunks:
        first = await anext(chunks)
        connection = next(iter(other._pool._busy))
        await until(lambda: connection._paused)
        assert connection._buffered < 2 * STREAM_BUFFER_BYTES
        assert written < 512 * 65536
        total = len(first)
        async for chunk in chunks:
            total += len(chunk)
    assert total == 512 * 65536
    server.close()


async def test_tls_with_client_certificate(tls_files, tmp_path: Path) -> None:
    """The server's certificate is checked against the CA given, and the client's own is shown."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tls_files.ca))
    context.load_cert_chain(tls_files.cert, tls_files.key)
    context.verify_mode = ssl.CERT_REQUIRED
    server = SmallApi()
    url = await server.start(tls=context)
    ca = tls_files.ca.read_text()
    by_file = Client.connect(Endpoint(url=url, ca_pem=ca, cert_file=str(tls_files.cert), key_file=str(tls_files.key)))
    by_text = Client.connect(
        Endpoint(url=url, ca_pem=ca, cert_pem=tls_files.cert.read_text(), key_pem=tls_files.key.read_text())
    )
    for client in (by_file, by_text):
        assert (await client.raw("GET", "/text")).body == b"plain words"
        await client.close()
    stranger = Client.connect(Endpoint(url=url, ca_pem=ca))
    with pytest.raises(ConnectionError):
        await stranger.raw("GET", "/text")
    distrusting = Client.connect(Endpoint(url=url))
    with pytest.raises(ConnectionError, match="certificate verify failed"):
        await distrusting.raw("GET", "/text")
    misnamed = Client.connect(Endpoint(url=url, ca_pem=ca, server_name="other.example"))
    with pytest.raises(ConnectionError, match=r"other\.example"):
        await misnamed.raw("GET", "/text")
    await server.stop()


def test_idle_time_is_below_the_servers() -> None:
    """Kept connections are given up before servers close them."""
    assert IDLE_SECONDS < 60
