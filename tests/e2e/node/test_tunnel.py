"""Logs, exec, attach and statistics through the tunnel, with the real kubectl."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import orjson
import pytest

from bouvier.client.websocket import WebSocket
from bouvier.meta.errors import ApiError
from bouvier.node.tunnel import forward
from tests.e2e.node.conftest import OneHost, pod_of, shell

EXEC = "/api/v1/namespaces/default/pods/{}/exec"


async def frames_of(socket: WebSocket) -> dict[int, bytes]:
    """Collect what comes on each channel until the end."""
    seen: dict[int, bytes] = {}
    while frame := await socket.receive():
        seen[frame[0]] = seen.get(frame[0], b"") + frame[1:]
    return seen


async def test_exec_with_kubectl(host: OneHost) -> None:
    """Output, input and exit code of a command."""
    await host.create(pod_of("box"))
    await host.wait_ready("box")
    assert await host.api.kubectl("exec", "box", "--", "echo", "hello") == "hello\n"
    assert await host.api.kubectl("exec", "-i", "box", "--", "cat", stdin="typed") == "typed"
    assert "exit code 7" in await host.api.kubectl("exec", "box", "--", "sh", "-c", "exit 7", ok=False)


async def test_exec_frames(host: OneHost) -> None:
    """Streams stay apart, closing the input ends a reader, and the Status carries the exit code."""
    await host.create(pod_of("box"))
    await host.wait_ready("box")
    query = {"command": ["sh", "-c", "cat; echo err >&2; exit 3"], "stdin": "true", "stdout": "true", "stderr": "true"}
    socket = await host.client.websocket(EXEC.format("box"), query=query, protocols=("v5.channel.k8s.io",))
    async with asyncio.timeout(20):
        await socket.send(b"\x00input")
        await socket.send(b"\xff\x00")
        seen = await frames_of(socket)
    await socket.close()
    assert seen[1] == b"input"
    assert seen[2] == b"err\n"
    status = orjson.loads(seen[3])
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_a_terminal_has_a_size(host: OneHost) -> None:
    """A resize reaches the terminal of an exec."""
    await host.create(pod_of("box"))
    await host.wait_ready("box")
    query = {"command": ["sh", "-c", "read x; stty size"], "stdin": "true", "stdout": "true", "tty": "true"}
    socket = await host.client.websocket(EXEC.format("box"), query=query, protocols=("v5.channel.k8s.io",))
    async with asyncio.timeout(20):
        await socket.send(b'\x04{"Width":91,"Height":17}')
        await socket.send(b"\x00go\n")
        seen = await frames_of(socket)
    await socket.close()
    assert b"17 91" in seen[1]


async def test_attach(host: OneHost) -> None:
    """Attaching reaches the first process of a container."""
    await host.create(pod_of("typed", shell("read line; echo got $line; sleep 1000", stdin=True)))
    await host.wait_ready("typed")
    query = {"stdin": "true", "stdout": "true"}
    path = EXEC.format("typed").replace("exec", "attach")
    socket = await host.client.websocket(path, query=query, protocols=("v5.channel.k8s.io",))
    async with asyncio.timeout(20):
        await socket.send(b"\x00word\n")
        assert await socket.receive() == b"\x01got word\n"
    await socket.close()


async def test_an_attached_client_leaves_when_its_input_ends(host: OneHost) -> None:
    """A container that keeps its input open gets what was typed, answers, and goes on running."""
    await host.create(pod_of("typed", shell("cat", stdin=True)))
    await host.wait_ready("typed")
    async with asyncio.timeout(60):
        assert "typed" in await host.api.kubectl("attach", "-i", "typed", stdin="typed\n")
        while await host.log("typed") != "typed\n":
            await asyncio.sleep(0.05)
    pod = await host.wait_ready("typed")
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0


async def test_logs(host: OneHost) -> None:
    """Tail, limit, time stamps, and following until the container ends."""
    await host.create(
        pod_of("talk", shell("echo a; echo b; while [ ! -e /go ]; do sleep 0.05; done; echo c"), restartPolicy="Never")
    )
    await host.wait_ready("talk")
    async with asyncio.timeout(20):
        while await host.log("talk") != "a\nb\n":
            await asyncio.sleep(0.02)
    assert await host.log("talk", tailLines="1") == "b\n"
    assert await host.log("talk", limitBytes="3") == "a\nb"
    stamped = await host.log("talk", timestamps="true")
    assert stamped.splitlines()[0].endswith("Z a")
    async with (
        asyncio.timeout(20),
        host.client.stream("GET", "/api/v1/namespaces/default/pods/talk/log", query={"follow": "true"}) as chunks,
    ):
        text = b""
        async for chunk in chunks:
            text += chunk
            if text == b"a\nb\n":
                await host.api.kubectl("exec", "talk", "--", "touch", "/go")
    assert text == b"a\nb\nc\n"


async def test_refusals_reach_the_client(host: OneHost) -> None:
    """What cannot be read or run is explained with the container's name."""
    await host.create(pod_of("box"))
    await host.wait_ready("box")
    with pytest.raises(ApiError, match='previous terminated container "app" in pod "box" not found'):
        await host.log("box", previous="true")
    with pytest.raises(ApiError, match="container none is not valid for pod box"):
        await host.log("box", container="none")


async def test_a_client_that_goes_away_frees_the_follower(host: OneHost) -> None:
    """Leaving a followed log ends its work on the host."""
    await host.create(pod_of("talk", shell("while :; do echo x; sleep 0.05; done")))
    await host.wait_ready("talk")
    query = {"follow": "true"}
    async with host.client.stream("GET", "/api/v1/namespaces/default/pods/talk/log", query=query) as chunks:
        async with aclosing(chunks):  # type: ignore[type-var]
            assert await anext(chunks)
    async with asyncio.timeout(20):
        while any(task.get_name().startswith("tunnel logs") for task in asyncio.all_tasks()):
            await asyncio.sleep(0.02)


async def test_statistics(host: OneHost) -> None:
    """The summary names what each container uses."""
    await host.create(pod_of("busy", shell("while :; do :; done", resources={"limits": {"cpu": "100m"}})))
    await host.wait_ready("busy")
    tunnels = (
        host.api.server.context.tunnels if hasattr(host.api.server, "context") else host.api.server._context.tunnels
    )
    async with asyncio.timeout(20):
        while True:
            connection = await tunnels.open("local", "n1", {"op": "stats"})
            summary = orjson.loads(await connection.socket.receive())
            connection.close()
            found = summary["pods"][0]["containers"]
            if found and found[0]["cpu"].get("usageNanoCores"):
                break
            await asyncio.sleep(0.1)
    assert found[0]["name"] == "app"
    assert found[0]["memory"]["workingSetBytes"] > 0


async def test_a_port_that_listens_on_localhost_only_is_reached(host: OneHost) -> None:
    """Forwarding connects inside the pod's own network."""
    serve = "mkdir /w; cd /w; echo inside > index.html; httpd -f -p 127.0.0.1:8099"
    probe = {"exec": {"command": ["wget", "-qO-", "http://127.0.0.1:8099/"]}, "periodSeconds": 1}
    await host.create(pod_of("local", shell(serve, readinessProbe=probe)))
    await host.wait_ready("local")
    sandbox = (await host.engine.containers({"io.bouvier.container.role": "sandbox"}))[0]
    pid = (await host.engine.inspect(sandbox.id)).pid
    async with asyncio.timeout(20):
        reader, writer = await forward.connect(pid, 8099)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        assert (await reader.read()).endswith(b"inside\n")
        writer.close()
