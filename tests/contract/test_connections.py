"""Clients that are slow, silent, greedy or broken: each is cut off within bounds, and nobody else notices."""

import asyncio
import json
import resource
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bouvier.apiserver.http import guard, incoming
from bouvier.client import Client
from bouvier.meta.resources import CONFIGMAPS
from tests.contract.test_api_verbs import config
from tests.support.apiserver import RunningApi
from tests.support.flooding import CREATE, LIST, answer, request
from tests.support.waiting import until

MIB = 1024 * 1024


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[..., Awaitable[Stream]]


@pytest.fixture
async def dial(api: RunningApi) -> AsyncIterator[Dial]:
    """Open connections that end with the test."""
    opened: list[Stream] = []

    async def connect(limit: int = 65536, *, tls: bool = False) -> Stream:
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            made = await asyncio.open_connection("127.0.0.1", api.port, ssl=context, limit=limit)
        else:
            made = await asyncio.open_unix_connection(str(api.socket), limit=limit)
        opened.append(made)
        return made

    yield connect
    for _, writer in opened:
        writer.transport.abort()
    await until(lambda: not api.server.transport.open or all(one.is_idle for one in api.server.transport.open))
    await asyncio.sleep(0)


async def status_of(reader: asyncio.StreamReader) -> dict:
    """Read one answer, which must be a Status."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    status = json.loads(await reader.readexactly(length))
    assert int(head.split(b" ")[1]) == status["code"]
    return status


async def is_closed(reader: asyncio.StreamReader) -> bool:
    """Wait until the server has closed the connection."""
    try:
        return await asyncio.wait_for(reader.read(), 30) is not None
    except ConnectionError:
        return True


async def fill(client: Client, count: int, size: int) -> None:
    for number in range(count):
        await client.create(CONFIGMAPS, config(f"big{number}") | {"data": {"a": "x" * size}})


async def test_large_bodies_are_refused_before_they_are_sent(api: RunningApi, dial: Dial, client: Client) -> None:
    """A head that announces 4 MiB is answered by 413 at once."""
    reader, writer = await dial()
    head = request(CREATE, api.token()).replace(b"Content-Length: 0", b"Content-Length: %d" % (4 * MIB))
    writer.write(head)
    status = await status_of(reader)
    assert (status["code"], status["reason"]) == (413, "RequestEntityTooLarge")
    assert status["message"] == "Request entity too large: limit is 3145728"


async def test_endless_bodies_are_refused_at_the_limit(api: RunningApi, dial: Dial, client: Client) -> None:
    """A body in chunks that never ends is answered when it passes 3 MiB, and not read to its end."""
    reader, writer = await dial()
    writer.write(request(CREATE, api.token()).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
    sending = asyncio.create_task(send_chunks(writer))
    status = await status_of(reader)
    assert status["reason"] == "RequestEntityTooLarge"
    assert await is_closed(reader)
    await asyncio.wait([sending])
    await client.get(CONFIGMAPS, "extension-apiserver-authentication", "kube-system")


async def send_chunks(writer: asyncio.StreamWriter) -> None:
    chunk = b"%x\r\n%b\r\n" % (MIB, b" " * MIB)
    try:
        while True:
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        return


async def test_kubectl_is_told_that_an_object_is_too_large(api: RunningApi) -> None:
    """A client that sends everything before it reads still gets the answer."""
    manifest = json.dumps(config("huge") | {"data": {"a": "x" * (4 * MIB)}})
    said = await api.kubectl("create", "-f", "-", stdin=manifest, ok=False)
    assert "Request entity too large" in said


@pytest.mark.parametrize(
    ("method", "path", "content_type", "body"),
    [
        ("POST", "", "application/json", b'{"a":' * 100_000),
        ("POST", "", "application/json", b'{"metadata":{"name":"d"},"data":' + b"[" * 900 + b"]" * 900 + b"}"),
        ("POST", "", "application/yaml", b"a: " + b"[" * 50_000 + b"]" * 50_000),
        ("POST", "", "application/yaml", b"".join(b"  " * n + b"a:\n" for n in range(1000))),
        ("PATCH", "/plain", "application/merge-patch+json", b'{"a":' * 500 + b"1" + b"}" * 500),
        ("PATCH", "/plain", "application/strategic-merge-patch+json", b'{"metadata":' * 500 + b"1" + b"}" * 500),
        ("PATCH", "/plain", "application/json-patch+json", b"[" * 5000 + b"]" * 5000),
        ("PATCH", "/plain?fieldManager=x", "application/apply-patch+yaml", b"a: " + b"{b: " * 3000 + b"}" * 3000),
        ("POST", "", "application/json", b"\xff\xfe{}"),
    ],
)
async def test_deep_and_broken_bodies_are_bad_requests(
    api: RunningApi, dial: Dial, client: Client, method: str, path: str, content_type: str, body: bytes
) -> None:
    """Whatever nests beyond reason is 4xx with a Status, and changes nothing."""
    made = await client.create(CONFIGMAPS, config("plain"))
    reader, writer = await dial()
    line = f"{method} /api/v1/namespaces/default/configmaps{path} HTTP/1.1"
    writer.write(request(line, api.token(), body).replace(b"application/json", content_type.encode(), 1))
    status = await status_of(reader)
    assert status["status"] == "Failure"
    assert 400 <= status["code"] < 500
    assert await client.get(CONFIGMAPS, "plain", "default") == made


async def test_slow_heads_and_bodies_end(api: RunningApi, dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who sends a head or a body byte by byte is told 408 and closed; who is quick is not."""
    monkeypatch.setattr(incoming, "HEAD_SECONDS", -1.0)
    monkeypatch.setattr(incoming, "BODY_SECONDS", -1.0)
    slow_head, slow_body, quick = await dial(), await dial(), await dial()
    slow_head[1].write(b"GET /api HTTP/1.1\r\nHost:")
    slow_body[1].write(request(CREATE, api.token(), b"{}").replace(b"Length: 2", b"Length: 9"))
    quick[1].write(request(LIST, api.token()))
    await answer(quick[0])
    await until(lambda: sum(one.is_late(1e12) for one in api.server.transport.open) == 2)

    api.server.transport.guard.sweep()

    for reader, _ in (slow_head, slow_body):
        status = await status_of(reader)
        assert (status["code"], status["reason"]) == (408, "Timeout")
        assert await is_closed(reader)
    quick[1].write(request(LIST, api.token()))
    await answer(quick[0])


async def test_thousands_of_idle_connections(api: RunningApi, dial: Dial, client: Client) -> None:
    """Two thousand connections that say nothing do not disturb the others; beyond the limit the longest idle ones go."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(2000, (hard if hard > 0 else 4096) // 2 - 300)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * count + 500)), hard))
    api.server.transport.guard.most = 2 * count
    watching = asyncio.create_task(anext(client.watch(CONFIGMAPS, "default")))
    try:
        idle = [await dial() for _ in range(count)]
        await client.create(CONFIGMAPS, config("seen"))
        assert (await asyncio.wait_for(watching, 30)).object["metadata"]["name"] == "seen"
        await until(lambda: len(api.server.transport.open) > count)

        api.server.transport.guard.most = count
        newest = await dial()
        newest[1].write(request(LIST, api.token()))
        await answer(newest[0])
        await until(lambda: len(api.server.transport.open) <= count)
        assert await is_closed(idle[0][0])
        assert idle[-1][0].at_eof() is False
    finally:
        watching.cancel()


async def test_busy_connections_are_not_pushed_out(api: RunningApi, dial: Dial, client: Client) -> None:
    """When all are at work, the new one has to go."""
    watches = [await dial() for _ in range(5)]
    for reader, writer in watches:
        writer.write(request(LIST.replace(" HTTP", "?watch=true HTTP"), api.token()))
        await reader.readuntil(b"\r\n\r\n")
    before = {one for one in api.server.transport.open if not one.is_idle}
    assert len(before) == 5
    for one in list(api.server.transport.open):
        one.stop()
    await until(lambda: len(api.server.transport.open) == 5)
    api.server.transport.guard.most = 5
    assert await is_closed((await dial())[0])
    assert before <= api.server.transport.open


async def test_watchers_that_never_read_are_dropped(api: RunningApi, dial: Dial, client: Client) -> None:
    """Over TLS: one that takes nothing is cut off at its 16 MiB; one that reads gets every event."""
    wanted = request(LIST.replace(" HTTP", "?watch=true&resourceVersion=0 HTTP"), api.token())
    deaf = await dial(1024, tls=True)
    deaf[1].write(wanted)
    await deaf[0].readuntil(b"\r\n\r\n")
    cache = api.server.hub.resource("local", "", "configmaps")
    await until(lambda: cache.watchers("default") == 1)
    seen = 0

    async def read() -> None:
        nonlocal seen
        async for _ in client.watch(CONFIGMAPS, "default"):
            seen += 1

    reading = asyncio.create_task(read())
    await until(lambda: cache.watchers("default") == 2)
    await fill(client, 40, 900_000)
    await until(lambda: cache.watchers("default") == 1, 30)
    await until(lambda: seen == 40, 30)
    assert all(one.unsent_bytes < 17 * MIB for one in api.server.transport.open)
    reading.cancel()


async def test_a_watch_may_begin_with_much(api: RunningApi, dial: Dial, client: Client) -> None:
    """More objects than a slow watcher may have unsent are no reason to drop one that has just begun."""
    await fill(client, 25, 900_000)
    reader, writer = await dial(4 * MIB)
    writer.write(request(LIST.replace(" HTTP", "?watch=true HTTP"), api.token()))
    await reader.readuntil(b"\r\n\r\n")
    received = 0
    while received < 25 * 900_000:
        size = int(await asyncio.wait_for(reader.readline(), 30), 16)
        received += len(await reader.readexactly(size + 2))
    await client.create(CONFIGMAPS, config("after"))
    assert b"after" in await asyncio.wait_for(reader.readuntil(b'"after"'), 30)


async def test_who_asks_and_never_reads_is_not_answered_for_ever(api: RunningApi, dial: Dial, client: Client) -> None:
    """Requests sent ahead by a client that takes no answer wait; the server holds a bounded number of bytes for it."""
    await fill(client, 1, 100_000)
    _reader, writer = await dial(1024)
    get = request("GET /api/v1/namespaces/default/configmaps/big0 HTTP/1.1", api.token())
    writer.write(get * 5000)
    await until(lambda: any(one._paused for one in api.server.transport.open))
    (mine,) = [one for one in api.server.transport.open if one._paused]
    for _ in range(50):
        await client.get(CONFIGMAPS, "big0", "default")
    assert mine.unsent_bytes < 4 * MIB


async def test_unread_answers_of_all_have_a_limit(
    api: RunningApi, dial: Dial, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When clients together leave too much unread, those who have been slow for longest are dropped."""
    await fill(client, 1, 900_000)
    monkeypatch.setattr(guard, "UNSENT_BYTES", 2 * MIB)
    get = request("GET /api/v1/namespaces/default/configmaps/big0 HTTP/1.1", api.token())
    clients = []
    for _ in range(8):
        reader, writer = await dial(1024)
        writer.write(get)
        clients.append((reader, writer))
        await reader.readuntil(b"\r\n\r\n")
    await until(lambda: sum(one.unsent_bytes for one in api.server.transport.open) <= 2 * MIB)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await clients[0][0].readexactly(900_000)
    await clients[-1][0].readexactly(900_000)


async def test_bodies_under_way_have_a_limit(api: RunningApi, dial: Dial, monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many bodies are being received, a further one is refused for now; bytes are counted down again."""
    monkeypatch.setattr(guard, "HELD_BYTES", 2 * MIB)
    held = api.server.transport.guard
    first, second = await dial(), await dial()
    body = b" " * (2 * MIB - 10)
    first[1].write(request(CREATE, api.token(), body)[:-5])
    await until(lambda: held.held_bytes > MIB)
    second[1].write(request(CREATE, api.token(), b" " * MIB))
    status = await status_of(second[0])
    assert (status["code"], status["reason"]) == (429, "TooManyRequests")
    first[1].write(body[-5:])
    assert (await status_of(first[0]))["code"] == 400
    await until(lambda: held.held_bytes == 0)


async def test_who_reads_slowly_holds_no_seats(api: RunningApi, dial: Dial, client: Client) -> None:
    """A long list that its client does not take gives its seats back, and goes on when the client does."""
    await fill(client, 120, 100_000)
    reader, writer = await dial(1024)
    writer.write(request(LIST, api.token("controllers")))
    head = await reader.readuntil(b"\r\n\r\n")
    level = api.server.flow.levels["workload-high"]
    assert b"chunked" in head.lower()
    await until(lambda: level.share.used == 0, 30)
    assert sum(one.unsent_bytes for one in api.server.transport.open) < 6 * MIB
    received = 0
    while size := int(await reader.readline(), 16):
        received += len(await reader.readexactly(size + 2))
    assert received > 12_000_000
