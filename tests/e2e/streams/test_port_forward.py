"""port-forward with kubectl of several versions, and over the channels of a websocket."""

import asyncio
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bouvier.client import Client
from bouvier.client.endpoint import from_kubeconfig
from tests.e2e.streams.conftest import DEADLINE_SECONDS, Kubectl, read_all, until

ECHO, PAGE, NOBODY = 9000, 9100, 9999
PATH = "/api/v1/namespaces/default/pods/box/portforward"


def test_a_server_on_the_pods_localhost(kubectl: Kubectl) -> None:
    """Also what listens on localhost of the pod alone is reached, many times at once."""
    with kubectl.forward("pod/box", PAGE) as forward, ThreadPoolExecutor(8) as pool:
        url = f"http://127.0.0.1:{forward.ports[PAGE]}/index.html"

        def fetch(_: int) -> bytes:
            with urllib.request.urlopen(url, timeout=DEADLINE_SECONDS) as answer:
                return bytes(answer.read())

        assert set(pool.map(fetch, range(24))) == {b"page\n"}


def test_the_end_of_one_direction(kubectl: Kubectl) -> None:
    """A client that has said everything still gets the whole answer."""
    data = os.urandom(2_000_000)
    with kubectl.forward("pod/box", ECHO) as forward:
        assert forward.exchange(ECHO, data) == data


def test_several_ports_and_open_connections(kubectl: Kubectl) -> None:
    """An open connection goes on while others come and go."""
    with kubectl.forward("pod/box", ECHO, PAGE) as forward, forward.connect(ECHO) as kept:
        kept.sendall(b"first")
        assert kept.recv(100) == b"first"
        assert forward.exchange(PAGE, b"GET /index.html HTTP/1.0\r\n\r\n").endswith(b"page\n")
        kept.sendall(b"second")
        assert kept.recv(100) == b"second"


def test_a_port_on_which_nobody_listens(kubectl: Kubectl) -> None:
    """kubectl prints why."""
    with kubectl.forward("pod/box", NOBODY) as forward:
        with forward.connect(NOBODY) as connection:
            assert read_all(connection) == b""
        reason = f"failed to connect to localhost:{NOBODY} inside the pod: connection refused"
        until(lambda: reason in forward.errors(), reason)


def test_a_client_that_is_killed_leaves_nothing(kubectl: Kubectl) -> None:
    """Connections inside the pod end with kubectl."""

    def busy() -> bytes:
        return kubectl.out("exec", "box", "--", "sh", "-c", f"netstat -tn | grep ':{ECHO} ' | grep ESTABLISHED || true")

    with kubectl.forward("pod/box", ECHO) as forward, forward.connect(ECHO) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        assert busy()
        forward.process.kill()
        until(lambda: not busy(), "no connection is left")


def test_refusals_say_why(kubectl: Kubectl) -> None:
    """Pods that do not run, and users who may not."""
    waiting = kubectl.run("port-forward", "pod/broken", "1:1")
    assert "pod is not running. Current status=Pending" in waiting.err
    refused = kubectl.run("--as=reader", "port-forward", "pod/box", f":{ECHO}")
    assert refused.code == 1
    assert 'cannot create resource "pods/portforward"' in refused.err


async def test_channels_of_a_websocket(kubeconfig: Path) -> None:
    """The form that other clients speak: a pair of channels for each port of the query."""
    client = Client.connect(from_kubeconfig(kubeconfig))
    try:
        query = {"ports": [str(ECHO), str(NOBODY)]}
        socket = await client.websocket(PATH, query=query, protocols=("v4.channel.k8s.io",))
        seen: dict[int, bytes] = {}
        async with asyncio.timeout(DEADLINE_SECONDS):
            await socket.send(b"\x00hello")
            while not (seen.get(0, b"").endswith(b"hello") and len(seen.get(3, b"")) > 2):
                frame = await socket.receive()
                assert frame is not None
                seen[frame[0]] = seen.get(frame[0], b"") + frame[1:]
        await socket.close()
    finally:
        await client.close()
    assert seen[0] == ECHO.to_bytes(2, "little") + b"hello"
    assert b"connection refused" in seen[3]
